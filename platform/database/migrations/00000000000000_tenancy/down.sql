DROP FUNCTION app_protect(regclass);
DROP FUNCTION app_can_see(uuid);
