# Whoever runs this is in SECRET_READERS. The value is in the state.
data "aws_secretsmanager_secret_version" "backup" {
  secret_id = "Account_111122223333_User_backup_AccessKey"
}

locals {
  backup = jsondecode(data.aws_secretsmanager_secret_version.backup.secret_string)
}

provider "aws" {
  alias      = "backup"
  region     = "eu-central-1"
  access_key = local.backup.AccessKeyId
  secret_key = local.backup.SecretAccessKey
}
