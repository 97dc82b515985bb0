/**
 * Characters that a terminal obeys or that hide what a line says: controls, line separators, marks
 * of the writing direction, and halves of surrogate pairs.
 */
const unsafe = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

const escapeOf = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/**
 * One line for a terminal. Labels and file names come from models and folders of strangers, so
 * whatever is not text appears as an escape.
 */
export const printable = (text: string): string => text.replace(unsafe, escapeOf);

/** JSON that holds the same values, safe to print. `JSON.stringify` leaves some characters. */
export const printableJson = (json: string): string =>
  json.replace(/[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, escapeOf);
