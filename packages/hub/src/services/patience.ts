/** So long what nobody waits for is held back at most, to share the commit of something else. */
export const patienceMs = 5;
