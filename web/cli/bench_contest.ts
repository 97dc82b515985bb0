/** Times of things that do the same work, taken alternately, so that whatever else the machine does hits all of them alike. */

export type Contestants<Name extends string> = Readonly<Record<Name, () => void>>;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Median milliseconds of each contestant over `rounds` rounds, after two rounds that are not counted. */
export function contest<Name extends string>(contestants: Contestants<Name>, rounds: number): Record<Name, number> {
  const names = Object.keys(contestants) as Name[];
  const timesMs = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = -2; round < rounds; round += 1) {
    for (const name of names) {
      const start = performance.now();
      contestants[name]();
      if (round >= 0) timesMs.get(name)!.push(performance.now() - start);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(timesMs.get(name)!)])) as Record<Name, number>;
}
