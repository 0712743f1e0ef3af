#!/bin/bash
# AFT sources this before it applies the Terraform of this folder. Keywheel needs nothing done here.
