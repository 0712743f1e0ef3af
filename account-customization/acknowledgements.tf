# Where hosts acknowledge the keys that they have installed: a bucket of its own, into which the users of every account of the organization write,
# each in the one place that is its own. Nobody of them may read or delete anything.
locals {
  ack_buckets    = var.ack_bucket == null ? [] : [var.ack_bucket]
  ack_bucket_arn = "arn:${local.partition}:s3:::${coalesce(var.ack_bucket, "none")}"
}

resource "aws_s3_bucket" "acknowledgements" {
  # checkov:skip=CKV_AWS_145:Hosts would need permissions on the key of another account. What they write is no secret: who has which key id.
  count = length(local.ack_buckets)

  bucket = var.ack_bucket

  lifecycle {
    prevent_destroy = true

    precondition {
      condition     = var.ack_bucket != local.bucket
      error_message = "ack_bucket is the bucket for templates and state, in which no host may ever write; name another one."
    }
  }
}

resource "aws_s3_bucket_versioning" "acknowledgements" {
  count = length(local.ack_buckets)

  bucket = aws_s3_bucket.acknowledgements[0].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "acknowledgements" {
  count = length(local.ack_buckets)

  bucket = aws_s3_bucket.acknowledgements[0].id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "acknowledgements" {
  count = length(local.ack_buckets)

  bucket = aws_s3_bucket.acknowledgements[0].id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "acknowledgements" {
  count = length(local.ack_buckets)

  bucket = aws_s3_bucket.acknowledgements[0].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

# A host acknowledges daily, always the same object: what it said before goes after a month.
resource "aws_s3_bucket_lifecycle_configuration" "acknowledgements" {
  count = length(local.ack_buckets)

  bucket = aws_s3_bucket.acknowledgements[0].id

  rule {
    id     = "old-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 30
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  depends_on = [aws_s3_bucket_versioning.acknowledgements]
}

resource "aws_s3_bucket_logging" "acknowledgements" {
  count = var.logging_bucket == null ? 0 : length(local.ack_buckets)

  bucket        = aws_s3_bucket.acknowledgements[0].id
  target_bucket = var.logging_bucket
  target_prefix = "${var.logging_bucket_prefix}acknowledgements/"
}

data "aws_iam_policy_document" "acknowledgements" {
  # An acknowledgement is believed because nobody but the user itself can have written it there.
  statement {
    sid       = "EachUserAcknowledgesForItselfAlone"
    actions   = ["s3:PutObject"]
    resources = ["${local.ack_bucket_arn}/acks/$${aws:PrincipalAccount}/$${aws:username}/*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalOrgID"
      values   = [var.organization_id]
    }
  }

  # Within the hub's own account an Allow of the bucket's policy is not needed: whoever's own policy allows writing would write for anybody.
  statement {
    sid           = "NoUserForAnother"
    effect        = "Deny"
    actions       = ["s3:PutObject"]
    not_resources = ["${local.ack_bucket_arn}/acks/$${aws:PrincipalAccount}/$${aws:username}/*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Null"
      variable = "aws:username"
      values   = ["false"]
    }
  }

  # Roles and roots have no user name, and so no place of their own. They may take acknowledgements away, as far as their policies allow.
  statement {
    sid       = "NobodyButUsers"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["${local.ack_bucket_arn}/*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Null"
      variable = "aws:username"
      values   = ["true"]
    }
  }

  statement {
    sid       = "OnlyOverTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.ack_bucket_arn, "${local.ack_bucket_arn}/*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "acknowledgements" {
  count = length(local.ack_buckets)

  bucket = aws_s3_bucket.acknowledgements[0].id
  policy = data.aws_iam_policy_document.acknowledgements.json

  depends_on = [aws_s3_bucket_public_access_block.acknowledgements]
}
