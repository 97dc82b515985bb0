// Generated from models/*.json by scripts/gen_models.mjs; do not edit.
/** Models inside the package that find objects: what `CreateOptions.model` takes. */
export type BuiltInModelName = "masklet-n" | "masklet-nuclei";
/** Promptable models inside the package. */
export type BuiltInPromptModelName = "masklet-click" | "region-click";
