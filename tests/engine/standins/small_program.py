"""A program of a few things per region and one above them: what several stacks do to each other.

The product's own program is brought up by `test_stacks.py`; here it would only cost time.
"""

import pulumi

THINGS = 4
REGIONS = ("kr", "us", "eu", "jp")
stack = pulumi.get_stack()
cloud = pulumi.ProviderResource("aws", "cloud", {"region": "standin"})
options = pulumi.ResourceOptions(provider=cloud)


class Bucket(pulumi.CustomResource):
    """Something with a name of its own, so that a cloud can be asked for it."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, owner: pulumi.Input[str], opts: pulumi.ResourceOptions):
        values = {"bucket": f"{stack}-{name}", "owner": owner, "arn": None}
        super().__init__("aws:s3/bucket:Bucket", name, values, opts)


if stack == "production":
    read = [
        pulumi.StackReference(f"region-{each}", f"organization/manpasik/production-{each}")
        for each in REGIONS
    ]
    front = Bucket(
        "front",
        pulumi.Output.all(*(each.require_output("arn") for each in read)).apply(str),
        options,
    )
    pulumi.export("arn", front.arn)
else:
    last = pulumi.Output.from_input("nobody")
    for number in range(THINGS):
        last = Bucket(f"thing-{number}", last, options).arn
    pulumi.export("arn", last)
    pulumi.export("password", pulumi.Output.secret("hunter2-hunter2"))
