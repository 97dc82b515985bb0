/// The rooms of web/ as data, and dependency-cruiser's verdict on them. The rules name folders only.
import { cruise } from "dependency-cruiser";

/**
 * The ladder: a room may import itself, the rooms that it names, and nothing else of web/. The files
 * at the top of web/ are the doors.
 */
export const webLadder = {
  base: [],
  core: ["base"],
  mask: ["base", "core"],
  model: ["base"],
  source: ["base", "core"],
  families: ["base", "core", "mask", "model"],
  runtime: ["base", "model"],
  tiles: ["base", "mask"],
  engine: ["base", "core", "mask", "model", "source", "families", "runtime"],
  segment: ["base", "core", "mask", "model", "source", "families", "runtime", "tiles", "engine"],
  prompt: ["base", "core", "mask", "model", "source", "families", "runtime", "tiles", "engine"],
  worker: ["base", "model", "source", "engine", "segment", "prompt"],
  view: ["base", "core", "mask"],
  doors: "everything but cli and demo",
  cli: ["doors"],
  demo: ["doors"],
};

/** The ladder as ARCHITECTURE.md shows it. */
export function ladderText() {
  const width = Math.max(...Object.keys(webLadder).map((room) => room.length)) + 1;
  return Object.entries(webLadder)
    .map(([room, may]) => {
      const below = typeof may === "string" ? may : may.join(" ") || "nothing";
      return `    ${room.padEnd(width)}<- ${below}`;
    })
    .join("\n");
}

const folder = (room) => (room === "doors" ? "^web/[^/]+\\.ts$" : `^web/${room}/`);

/** Rules for dependency-cruiser: what is not allowed is forbidden. */
export function ladderRules() {
  const rooms = Object.entries(webLadder).map(([room, may]) => {
    const rooms = typeof may === "string" ? Object.keys(webLadder) : may;
    const allowed = rooms.filter((name) => typeof may !== "string" || !/^(cli|demo)$/.test(name));
    // Applications know the public surface alone.
    const targets = allowed.map((name) =>
      name === "doors" && room !== "doors" ? "^web/index\\.ts$" : folder(name),
    );
    return {
      name: `web/${room}`,
      severity: "error",
      from: { path: folder(room) },
      to: { path: "^web/", pathNot: [folder(room), ...targets] },
    };
  });
  return [
    { name: "ring", severity: "error", from: { path: "^web/" }, to: { circular: true } },
    ...rooms,
  ];
}

/** Rooms that no rule covers. */
function roomsWithoutRule(modules) {
  const rooms = new Set(modules.flatMap(({ source }) => /^web\/([^/]+)\//.exec(source)?.[1] ?? []));
  return [...rooms]
    .filter((room) => !Object.hasOwn(webLadder, room))
    .map((room) => `web/${room}/: no layer rule covers this folder; add it to the ladder`);
}

function describe({ rule, from, to, cycle }) {
  if (!cycle) return `${from}: ${rule.name} must not import ${to}`;
  return `${from}: a ring of imports: ${cycle.map(({ name }) => name).join(" -> ")}`;
}

/**
 * Violations of the ladder below `root`, type-only imports included, as "path: what".
 * @param root folder that holds web/ and tsconfig.json
 */
export async function webViolations(root) {
  const { output } = await cruise(
    ["web"],
    {
      baseDir: root,
      ruleSet: { forbidden: ladderRules() },
      validate: true,
      tsPreCompilationDeps: true,
      doNotFollow: { path: "node_modules" },
      exclude: { path: "^web/core/generated/|node_modules" },
      outputType: "json",
    },
    { extensions: [".ts", ".js"] },
  );
  const { modules, summary } = JSON.parse(output);
  const rings = new Set();
  const violations = summary.violations.filter(({ cycle }) => {
    if (!cycle) return true;
    // A ring is reported once, not once for each file in it.
    const key = cycle
      .map(({ name }) => name)
      .sort()
      .join();
    return !rings.has(key) && rings.add(key);
  });
  return [...roomsWithoutRule(modules), ...violations.map(describe)];
}
