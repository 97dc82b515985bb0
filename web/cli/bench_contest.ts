/**
 * Functions that do the same work. They run alternately, so that other load on the machine affects
 * all of them equally.
 */

export type Contestants<Name extends string> = Readonly<Record<Name, () => void>>;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * The names in an order that changes from round to round. Each one runs after every other one, so
 * cold caches affect all of them.
 */
function order<Name>(names: readonly Name[], round: number): Name[] {
  const first = (round + names.length) % names.length;
  const rotated = [...names.slice(first), ...names.slice(0, first)];
  return Math.floor((round + names.length) / names.length) % 2 === 0 ? rotated : rotated.reverse();
}

/**
 * The median time of each contestant over `rounds` rounds, in milliseconds. Two rounds before them
 * do not count.
 */
export function contest<Name extends string>(
  contestants: Contestants<Name>,
  rounds: number,
): Record<Name, number> {
  const names = Object.keys(contestants) as Name[];
  const timesMs = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = -2; round < rounds; round += 1) {
    for (const name of order(names, round)) {
      const start = performance.now();
      contestants[name]();
      if (round >= 0) timesMs.get(name)!.push(performance.now() - start);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(timesMs.get(name)!)])) as Record<
    Name,
    number
  >;
}
