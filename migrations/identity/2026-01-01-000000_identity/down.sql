DROP TABLE signing_keys, audit_entries, api_keys, refresh_tokens, sessions, user_roles, roles, users, tenants;
DROP FUNCTION refuse_change();
