/// npm run setup [build|test|all]: finds or installs what building and testing need.
import { runMain } from "./setup/log.mjs";
import { setUp } from "./setup/tools.mjs";

await runMain(() => setUp(process.argv[2] ?? "all"));
