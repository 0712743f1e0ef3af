#!/bin/bash
# AFT sources this after it applies the Terraform of this folder. Keywheel needs nothing done here.
