/** `REEV`: the first of the two numbers of our advisory locks, which belong to one database of the server. */
export const lockSpace = 0x52454556;
/** Held by the connection that writes, for as long as it lives. */
export const writerLock = 1;
/** Held by a transaction that applies migrations. */
export const migrationLock = 2;
