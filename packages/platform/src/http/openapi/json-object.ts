/** A part of the document while it is put together. */
export type JsonObject = { [member: string]: unknown };
