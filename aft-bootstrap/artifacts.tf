locals {
  functions           = toset(["account-inventory", "key-rotation", "notification"])
  artifact_bucket     = coalesce(var.artifact_bucket_name, "keywheel-artifacts-${var.hub_account_id}-${var.region}")
  artifact_bucket_arn = "arn:${data.aws_partition.current.partition}:s3:::${local.artifact_bucket}"
  uploaded_functions  = var.package_folder == null ? toset([]) : local.functions
  zips                = { for name in local.uploaded_functions : name => "${var.package_folder}/${name}.zip" }
}

resource "aws_s3_bucket" "artifacts" {
  #checkov:skip=CKV_AWS_18:It holds nothing but zips, which the hub takes by version and hash
  #checkov:skip=CKV_AWS_145:The zips are no secret, and the hub would need a grant on a key of this account

  bucket = local.artifact_bucket
}

resource "aws_s3_bucket_versioning" "artifacts" {
  bucket = aws_s3_bucket.artifacts.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "artifacts" {
  bucket = aws_s3_bucket.artifacts.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "artifacts" {
  bucket = aws_s3_bucket.artifacts.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "artifacts" {
  bucket = aws_s3_bucket.artifacts.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

# Zips stay, for whoever goes back to an earlier release; only what an upload left half-done goes.
resource "aws_s3_bucket_lifecycle_configuration" "artifacts" {
  bucket = aws_s3_bucket.artifacts.id

  rule {
    id     = "ends-broken-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

data "aws_iam_policy_document" "artifacts" {
  statement {
    sid       = "TheHubReads"
    actions   = ["s3:GetObject", "s3:GetObjectVersion"]
    resources = ["${local.artifact_bucket_arn}/*"]

    principals {
      type        = "AWS"
      identifiers = [local.hub_root]
    }
  }

  statement {
    sid       = "OnlyOverTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.artifact_bucket_arn, "${local.artifact_bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "artifacts" {
  bucket = aws_s3_bucket.artifacts.id
  policy = data.aws_iam_policy_document.artifacts.json

  depends_on = [aws_s3_bucket_public_access_block.artifacts]
}

# Every upload is a new version of one object, and a manifest names the version: an object of another name would be made anew,
# and Terraform deletes every version of what it replaces.
resource "aws_s3_object" "zip" {
  for_each = local.zips

  bucket      = aws_s3_bucket.artifacts.id
  key         = "${each.key}.zip"
  source      = each.value
  source_hash = filebase64sha256(each.value)
  # S3 refuses the upload if something else arrives, and the version can be found by its hash.
  checksum_algorithm = "SHA256"
  metadata           = { sha256 = filesha256(each.value) }

  depends_on = [aws_s3_bucket_versioning.artifacts]
}
