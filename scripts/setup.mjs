/// npm run setup [build|test|all]: finds or installs the tools for building and testing.
import { runMain } from "./setup/log.mjs";
import { setUp } from "./setup/tools.mjs";

await runMain(() => setUp(process.argv[2] ?? "all"));
