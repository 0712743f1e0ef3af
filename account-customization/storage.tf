locals {
  state_prefix    = "keywheel/"
  template_prefix = "templates/"
  # Known before the bucket is there, so that a plan shows whole policies.
  bucket = coalesce(var.s3_bucket_name, "keywheel-${local.account}-${local.region}")

  bucket_arn = "arn:${local.partition}:s3:::${local.bucket}"

  # The layout for AFT has the templates in this folder; the repository has them beside it.
  own_templates    = "${path.module}/templates"
  templates_folder = length(fileset(local.own_templates, "**")) > 0 ? local.own_templates : "${path.module}/../templates"
  templates        = { for file in fileset(local.templates_folder, "*/*") : file => "${local.templates_folder}/${file}" if !endswith(file, ".json") }
}

resource "aws_s3_bucket" "state" {
  bucket = local.bucket

  lifecycle {
    prevent_destroy = true

    precondition {
      condition     = length(local.templates) > 0
      error_message = "There are no templates beside this file. Export the layers with `cargo xtask aft-export`, or copy the repository's templates/ into this folder."
    }
  }
}

resource "aws_s3_bucket_versioning" "state" {
  bucket = aws_s3_bucket.state.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = local.key_arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "state" {
  bucket = aws_s3_bucket.state.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

# Ledgers and templates stay; what they were before goes after a year, what a run left behind after run_days.
resource "aws_s3_bucket_lifecycle_configuration" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    id     = "old-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 365
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  rule {
    id     = "old-runs"
    status = "Enabled"

    filter {
      prefix = "${local.state_prefix}runs/"
    }

    expiration {
      days = var.run_days
    }
  }

  # A mail comes back within days or never.
  rule {
    id     = "old-mails"
    status = "Enabled"

    filter {
      prefix = "${local.state_prefix}notices/mails/"
    }

    expiration {
      days = 30
    }
  }

  depends_on = [aws_s3_bucket_versioning.state]
}

resource "aws_s3_bucket_logging" "state" {
  count = var.logging_bucket == null ? 0 : 1

  bucket        = aws_s3_bucket.state.id
  target_bucket = var.logging_bucket
  target_prefix = var.logging_bucket_prefix
}

data "aws_iam_policy_document" "state" {
  statement {
    sid       = "OnlyOverTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.bucket_arn, "${local.bucket_arn}/*"]

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

resource "aws_s3_bucket_policy" "state" {
  bucket = aws_s3_bucket.state.id
  policy = data.aws_iam_policy_document.state.json

  depends_on = [aws_s3_bucket_public_access_block.state]
}

resource "aws_s3_object" "template" {
  for_each = local.templates

  bucket      = aws_s3_bucket.state.id
  key         = "${local.template_prefix}${each.key}"
  source      = each.value
  source_hash = filemd5(each.value)

  depends_on = [aws_s3_bucket_versioning.state, aws_s3_bucket_server_side_encryption_configuration.state]
}

# Committed zips. Every one is a new version of one object, and the function names the version.
resource "aws_s3_object" "zip" {
  for_each = local.zips

  bucket      = aws_s3_bucket.state.id
  key         = "${trimsuffix(var.s3_bucket_prefix, "/")}/${each.key}.zip"
  source      = each.value
  source_hash = filebase64sha256(each.value)
  # S3 refuses the upload if something else arrives, and the version can be found by its hash.
  checksum_algorithm = "SHA256"
  metadata           = { sha256 = filesha256(each.value) }

  depends_on = [aws_s3_bucket_versioning.state, aws_s3_bucket_server_side_encryption_configuration.state]
}

# Who comes from the AFT sample keeps the bucket: it is the same one under another name in the code.
moved {
  from = aws_s3_bucket.iam_rotation_resources_bucket
  to   = aws_s3_bucket.state
}

moved {
  from = aws_s3_bucket_versioning.this
  to   = aws_s3_bucket_versioning.state
}

moved {
  from = aws_s3_bucket_public_access_block.this
  to   = aws_s3_bucket_public_access_block.state
}
