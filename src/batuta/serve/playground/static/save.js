// @ts-check
/** Saves what the page has as a file of the reader's. */

/** @param {Blob} file @param {string} name */
export function saved(file, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
