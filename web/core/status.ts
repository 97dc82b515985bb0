import { type CoreErrorCode, MaskletError, type Stage } from "../base/errors.js";
import { coreStatuses } from "./codes.gen.js";

type StatusName = (typeof coreStatuses)[keyof typeof coreStatuses]["name"];
// Checks both directions: a name in only one of the lists does not compile.
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
const listsAgree: Same<CoreErrorCode, Exclude<StatusName, "ok">> = true;
void listsAgree;

/** The error for a status that is not ok; `value` is the offending number that came with it. */
export function statusError(status: number, value: number, stage: Stage): MaskletError {
  const known = coreStatuses[status as keyof typeof coreStatuses];
  if (known === undefined || known.name === "ok") {
    return new MaskletError("coreVersion", stage, `the core gave the unknown status ${status}`, {
      value: status,
    });
  }
  const message = known.value === "0" ? known.what : `${known.what}: ${value} (${known.value})`;
  return new MaskletError(known.name, stage, message, { value });
}
