#!/bin/sh
# Makes the platform's role and one database for each domain. The role is no superuser, or row-level security would not bind it.
# The PostgreSQL image runs this once, when its data folder is empty; elsewhere run it as a superuser with CLOUDPHONE_PASSWORD set.
set -eu

psql --set ON_ERROR_STOP=1 --set password="$CLOUDPHONE_PASSWORD" --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
CREATE ROLE cloudphone LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE DATABASE cloudphone_identity OWNER cloudphone;
CREATE DATABASE cloudphone_devices OWNER cloudphone;
CREATE DATABASE cloudphone_apps OWNER cloudphone;
SQL
