/** How the identity of a person begins; their id follows. */
export const personIdentity = 'user:';
