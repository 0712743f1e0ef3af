"""Holds the findings of reports against the models that others have published: OCSF's of py-ocsf-models, Security Hub's of botocore.

Usage: validate.py <folder with *.ocsf.json and *.asff.json>

Ends with 1 where a finding does not fit, or has a field that the model does not know.
"""

import copy
import json
import re
import sys
from datetime import datetime
from pathlib import Path

import botocore.session
from botocore.validate import ParamValidator
from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding
from py_ocsf_models.objects.cloud import Cloud
from pydantic import BaseModel, ValidationError

# OCSF has the cloud in a profile of its own, which this model of the class leaves out.
OF_PROFILES = {"cloud": Cloud}
# AWS Security Finding Format: what its pages say and the model of the API does not.
LONGEST = {"Id": 512, "Title": 256, "Description": 1024, "GeneratorId": 512}
PRODUCT_ARN = re.compile(r"^arn:aws[a-z-]*:securityhub:[a-z0-9-]+:(\d{12}):product/(\d{12})/default$")
LARGEST = 240 * 1000
CALL = 100


def unknown_fields(given, model, where=""):
    """Fields that the model dropped: it forbids none."""
    if isinstance(model, BaseModel):
        for name, value in given.items():
            if not hasattr(model, name) or name not in type(model).model_fields:
                yield f"{where}{name} is not known"
            else:
                yield from unknown_fields(value, getattr(model, name), f"{where}{name}.")
    elif isinstance(model, list):
        for one, of_model in zip(given, model):
            yield from unknown_fields(one, of_model, where)


def check_ocsf(finding):
    finding = dict(finding)
    faults = []
    try:
        for name, model in OF_PROFILES.items():
            part = finding.pop(name)
            faults += unknown_fields(part, model.model_validate(part), f"{name}.")
        event = ComplianceFinding.model_validate(finding)
        faults += unknown_fields(finding, event)
        if event.type_uid != event.class_uid * 100 + event.activity_id or event.class_uid != 2003:
            faults.append("type_uid does not follow from class_uid and activity_id")
        if not 1_500_000_000_000 < event.time < 10_000_000_000_000:
            faults.append(f"time is {event.time}, which is not in milliseconds")
    except (ValidationError, KeyError) as error:
        faults.append(str(error))
    return faults


def strings(shape, value, where):
    """Every string with its shape; botocore checks neither patterns nor enums."""
    if shape.type_name == "structure":
        for name, one in value.items():
            if name in shape.members:
                yield from strings(shape.members[name], one, f"{where}.{name}")
    elif shape.type_name == "list":
        for one in value:
            yield from strings(shape.member, one, where)
    elif shape.type_name == "map":
        for name, one in value.items():
            yield from strings(shape.key, name, where)
            yield from strings(shape.value, one, f"{where}.{name}")
    elif shape.type_name == "string":
        yield shape, value, where


def check_asff(findings, shape):
    report = ParamValidator().validate({"Findings": findings}, shape)
    faults = [report.generate_report()] if report.has_errors() else []
    if faults:
        return faults
    if len(findings) > CALL:
        faults.append(f"{len(findings)} findings in one call")
    if len({finding["AwsAccountId"] for finding in findings}) > 1:
        faults.append("several accounts in one call")
    for of_shape, value, where in strings(shape, {"Findings": findings}, ""):
        if of_shape.enum and value not in of_shape.enum:
            faults.append(f"{where} is {value!r}, of {of_shape.enum}")
        if not re.search(of_shape.metadata.get("pattern", ""), value, re.DOTALL):
            faults.append(f"{where} is {value!r}")
    for finding in findings:
        faults += [f"{name} is too long" for name, most in LONGEST.items() if len(finding[name]) > most]
        arn = PRODUCT_ARN.match(finding["ProductArn"])
        if not arn or {arn[1], arn[2]} != {finding["AwsAccountId"]}:
            faults.append(f"the product is {finding['ProductArn']}, of {finding['AwsAccountId']}")
        if len(json.dumps(finding)) > LARGEST:
            faults.append("a finding is too large")
        for name in ["CreatedAt", "UpdatedAt"]:
            if datetime.fromisoformat(finding[name].replace("Z", "+00:00")).tzinfo is None:
                faults.append(f"{name} has no zone")
    return faults


def check_sight(ocsf, call, shape):
    """What is wrong must be found, or the look is blind."""
    bad = [
        (check_ocsf, "/severity_id", 42, ()),
        (check_ocsf, "/surprise", 1, ()),
        (check_ocsf, "/compliance/status_id", "PASS", ()),
        (check_ocsf, "/resources/0/surprise", 1, ()),
        (check_ocsf, "/time", 1_760_000_000, ()),
        (check_asff, "/0/Surprise", "x", (shape,)),
        (check_asff, "/0/Compliance/Status", "BAD", (shape,)),
        (check_asff, "/0/Title", "x" * 300, (shape,)),
        (check_asff, "/0/Description", " ", (shape,)),
        (check_asff, "/0/ProductArn", "arn:aws:securityhub:x::product/y/default", (shape,)),
        (check_asff, "/0/CreatedAt", 5, (shape,)),
    ]
    for check, path, value, more in bad:
        whole = copy.deepcopy(ocsf if check is check_ocsf else call)
        *parents, last = path.strip("/").split("/")
        place = whole
        for name in parents:
            place = place[int(name)] if isinstance(place, list) else place[name]
        place[last] = value
        if not check(whole, *more):
            raise RuntimeError(f"a bad finding was not found to be bad: {path} = {value!r}")


def main():
    folder = Path(sys.argv[1])
    service = botocore.session.get_session().get_service_model("securityhub")
    shape = service.operation_model("BatchImportFindings").input_shape
    of_ocsf = {file.name: json.loads(file.read_text()) for file in sorted(folder.glob("*.ocsf.json"))}
    of_asff = {file.name: json.loads(file.read_text()) for file in sorted(folder.glob("*.asff.json"))}
    if len(of_ocsf) < 3 or len(of_asff) < 3:
        sys.exit(f"there are only {len(of_ocsf)} and {len(of_asff)} files in {folder}")
    # A finding about a key, which has every part.
    sample = next(one for one in of_ocsf["twelve.ocsf.json"] if "data" in one["resources"][0])
    check_sight(sample, of_asff["twelve.0.asff.json"], shape)
    faults = []
    for name, findings in of_ocsf.items():
        faults += [f"{name}: {fault}" for finding in findings for fault in check_ocsf(finding)]
    for name, findings in of_asff.items():
        faults += [f"{name}: {fault}" for fault in check_asff(findings, shape)]
    for fault in faults[:20]:
        print(fault)
    counts = [sum(len(findings) for findings in files.values()) for files in (of_ocsf, of_asff)]
    print(f"OCSF: {counts[0]} findings, ASFF: {counts[1]} findings in {len(of_asff)} calls, {len(faults)} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
