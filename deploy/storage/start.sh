#!/bin/sh
# Starts SeaweedFS (Apache-2.0) with its S3 service and one account, whose keys come from the environment.
set -eu

cat > /tmp/accounts.json <<JSON
{ "identities": [ { "name": "cloudphone",
  "credentials": [ { "accessKey": "$STORAGE_ACCESS_KEY", "secretKey": "$STORAGE_SECRET_KEY" } ],
  "actions": [ "Admin", "Read", "Write", "List", "Tagging" ] } ] }
JSON
exec weed server -dir=/data -ip.bind=0.0.0.0 -master.volumeSizeLimitMB=1024 -s3 -s3.port=8333 -s3.config=/tmp/accounts.json
