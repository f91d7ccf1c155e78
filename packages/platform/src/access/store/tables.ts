/** Tables of access, as in migration platform/2. */
export interface AccessTables {
  api_keys: {
    id: string;
    tenant: string;
    name: string;
    /** SHA-256 of the secret. */
    secret_hash: Uint8Array;
    /** JSON array. */
    permissions: string;
    /** 0: cannot manage keys, 1: those of its tenant, 2: those of every tenant. Follows from the permissions. */
    manages_keys: number;
    created_at_ms: number;
    created_by: string;
    expires_at_ms: number | null;
    revoked_at_ms: number | null;
    last_used_at_ms: number | null;
  };
}
