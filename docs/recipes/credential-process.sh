#!/bin/sh
# Prints a user's access key as a credential_process does. The secret's value is in just that form.
# Usage: credential-process.sh <account id> <user name> <profile to sign in with>
set -eu
account=$1 user=$2 profile=$3
# A comma in a user's name is a slash in the secret's.
name="Account_${account}_User_$(printf '%s' "$user" | tr , /)_AccessKey"
exec aws secretsmanager get-secret-value --profile "$profile" --secret-id "$name" --query SecretString --output text
