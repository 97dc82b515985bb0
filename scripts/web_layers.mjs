/// The rooms of web/ as data, and their check with dependency-cruiser. The rules name folders only.

/**
 * The ladder. A room may import itself and the rooms in its list, but nothing else of web/. The
 * doors are the files at the top of web/.
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

/** The ladder in the form of ARCHITECTURE.md. */
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

/** Rules for dependency-cruiser. Every import outside the ladder is forbidden. */
export function ladderRules() {
  const rooms = Object.entries(webLadder).map(([room, may]) => {
    const rooms = typeof may === "string" ? Object.keys(webLadder) : may;
    const allowed = rooms.filter((name) => typeof may !== "string" || !/^(cli|demo)$/.test(name));
    // Applications may use the public API only.
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

/** Rooms without a rule. */
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
 * The violations of the ladder below `root`, as "path: what". Type-only imports count.
 * @param root the folder of web/ and tsconfig.json
 */
export async function webViolations(root) {
  // Imported late: `npm test` loads this file before it has installed the packages.
  const { cruise } = await import("dependency-cruiser");
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
    // Reports a ring once, not once per file in it.
    const key = cycle
      .map(({ name }) => name)
      .sort()
      .join();
    return !rings.has(key) && rings.add(key);
  });
  return [...roomsWithoutRule(modules), ...violations.map(describe)];
}
