"""What a cloud would answer: outputs that no input holds, in one table keyed by type token.

For recordings only. The values have the form of real ones and name nothing real. A type that is
absent is refused, so that no program reads an output that nobody thought of as if it were empty.
"""

from collections.abc import Mapping
from typing import Any, cast

ACCOUNT = "123456789012"
PROJECT_NUMBER = "123456789012"
_AUTHORITY = "cmVjb3JkZWQ="

_ARN = "arn:aws:{service}:recorded:" + ACCOUNT + ":{name}"
COMPUTED: Mapping[str, Mapping[str, Any]] = {
    "aws:acm/certificate:Certificate": {
        "arn": _ARN,
        "domainValidationOptions": [
            {
                "domainName": "{name}.recorded",
                "resourceRecordName": "_{name}.recorded",
                "resourceRecordType": "CNAME",
                "resourceRecordValue": "{name}.proof.recorded",
            }
        ],
    },
    "aws:acm/certificateValidation:CertificateValidation": {},
    "aws:cloudfront/cachePolicy:CachePolicy": {},
    "aws:cloudfront/distribution:Distribution": {
        "arn": _ARN,
        "domainName": "{name}.cloudfront.recorded",
    },
    "aws:cloudfront/function:Function": {"arn": _ARN},
    "aws:cloudfront/originAccessControl:OriginAccessControl": {},
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": {},
    "aws:cloudwatch/logDelivery:LogDelivery": {},
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": {"arn": _ARN},
    "aws:cloudwatch/logDeliverySource:LogDeliverySource": {},
    "aws:globalaccelerator/accelerator:Accelerator": {
        "arn": _ARN,
        "dnsName": "{name}.awsglobalaccelerator.recorded",
        "hostedZoneId": "Z2BJ6XQ5FK7U4H",
    },
    "aws:globalaccelerator/endpointGroup:EndpointGroup": {},
    "aws:globalaccelerator/listener:Listener": {"arn": _ARN},
    "aws:route53/healthCheck:HealthCheck": {},
    "aws:route53/hostedZoneDnsSec:HostedZoneDnsSec": {},
    "aws:route53/keySigningKey:KeySigningKey": {},
    "aws:route53/record:Record": {"fqdn": "{name}.recorded"},
    "aws:route53/zone:Zone": {"zoneId": "Z0RECORDED", "nameServers": ["ns-1.recorded"]},
    "aws:wafv2/webAcl:WebAcl": {"arn": _ARN},
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": {},
    "aws:cloudwatch/logGroup:LogGroup": {"arn": _ARN},
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {},
    "aws:ec2/eip:Eip": {"publicIp": "203.0.113.10", "allocationId": "eipalloc-{name}"},
    "aws:ec2/flowLog:FlowLog": {},
    "aws:ec2/instance:Instance": {},
    "aws:ec2/internetGateway:InternetGateway": {},
    "aws:ec2/launchTemplate:LaunchTemplate": {"latestVersion": 1},
    "aws:ec2/natGateway:NatGateway": {},
    "aws:ec2/route:Route": {},
    "aws:ec2/routeTable:RouteTable": {},
    "aws:ec2/routeTableAssociation:RouteTableAssociation": {},
    "aws:ec2/securityGroup:SecurityGroup": {},
    "aws:ec2/subnet:Subnet": {},
    "aws:ec2/vpc:Vpc": {},
    "aws:ec2/vpcEndpoint:VpcEndpoint": {},
    "aws:eks/accessEntry:AccessEntry": {},
    "aws:eks/addon:Addon": {"arn": _ARN},
    "aws:eks/cluster:Cluster": {
        "arn": _ARN,
        "endpoint": "https://{name}.eks.recorded",
        "certificateAuthority": {"data": _AUTHORITY},
        "vpcConfig": {"clusterSecurityGroupId": "sg-{name}-nodes"},
    },
    "aws:eks/nodeGroup:NodeGroup": {},
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": {},
    "aws:elasticache/replicationGroup:ReplicationGroup": {
        "primaryEndpointAddress": "{name}.cache.recorded"
    },
    "aws:elasticache/subnetGroup:SubnetGroup": {},
    "aws:iam/instanceProfile:InstanceProfile": {},
    "aws:iam/role:Role": {"arn": "arn:aws:iam::" + ACCOUNT + ":role/{name}"},
    "aws:iam/rolePolicy:RolePolicy": {},
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {},
    "aws:kms/alias:Alias": {},
    "aws:kms/key:Key": {"arn": _ARN, "keyId": "{name}"},
    "aws:rds/instance:Instance": {"address": "{name}.rds.recorded"},
    "aws:rds/parameterGroup:ParameterGroup": {},
    "aws:rds/subnetGroup:SubnetGroup": {},
    "aws:s3/bucket:Bucket": {"arn": "arn:aws:s3:::{name}"},
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {},
    "aws:s3/bucketLogging:BucketLogging": {},
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": {},
    "aws:s3/bucketPolicy:BucketPolicy": {},
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {},
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {},
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": {},
    "aws:s3/bucketVersioning:BucketVersioning": {},
    "gcp:certificatemanager/certificate:Certificate": {},
    "gcp:certificatemanager/certificateMap:CertificateMap": {},
    "gcp:certificatemanager/certificateMapEntry:CertificateMapEntry": {},
    "gcp:certificatemanager/dnsAuthorization:DnsAuthorization": {
        "dnsResourceRecords": [
            {"name": "_{name}.recorded.", "type": "CNAME", "data": "{name}.proof.recorded."}
        ],
    },
    "gcp:compute/address:Address": {"address": "203.0.113.20"},
    "gcp:compute/backendBucket:BackendBucket": {},
    "gcp:compute/backendService:BackendService": {},
    "gcp:compute/firewall:Firewall": {},
    "gcp:compute/globalForwardingRule:GlobalForwardingRule": {},
    "gcp:compute/globalNetworkEndpoint:GlobalNetworkEndpoint": {},
    "gcp:compute/globalNetworkEndpointGroup:GlobalNetworkEndpointGroup": {},
    "gcp:compute/healthCheck:HealthCheck": {},
    "gcp:compute/sSLPolicy:SSLPolicy": {},
    "gcp:compute/securityPolicy:SecurityPolicy": {},
    "gcp:compute/targetHttpsProxy:TargetHttpsProxy": {},
    "gcp:compute/uRLMap:URLMap": {},
    "gcp:dns/managedZone:ManagedZone": {"nameServers": ["ns-1.recorded."]},
    "gcp:dns/recordSet:RecordSet": {},
    "gcp:compute/globalAddress:GlobalAddress": {"address": "203.0.113.30"},
    "gcp:compute/instance:Instance": {"instanceId": "1234567890"},
    "gcp:compute/network:Network": {},
    "gcp:compute/router:Router": {},
    "gcp:compute/routerNat:RouterNat": {},
    "gcp:compute/subnetwork:Subnetwork": {},
    "gcp:container/cluster:Cluster": {
        "endpoint": "{name}.gke.recorded",
        "masterAuth": {"clusterCaCertificate": _AUTHORITY},
    },
    "gcp:container/nodePool:NodePool": {},
    "gcp:kms/cryptoKey:CryptoKey": {},
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": {},
    "gcp:kms/keyRing:KeyRing": {},
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": {},
    "gcp:logging/projectExclusion:ProjectExclusion": {},
    "gcp:logging/projectSink:ProjectSink": {},
    "gcp:projects/iAMCustomRole:IAMCustomRole": {"name": "projects/recorded/roles/{name}"},
    "gcp:projects/iAMMember:IAMMember": {},
    "gcp:projects/service:Service": {},
    "gcp:projects/serviceIdentity:ServiceIdentity": {},
    "gcp:redis/instance:Instance": {
        "host": "10.0.0.6",
        "port": 6379,
        "authString": "a-password-that-only-a-recording-has",
    },
    "gcp:serviceaccount/account:Account": {"email": "{name}@recorded.iam.gserviceaccount.com"},
    "gcp:servicenetworking/connection:Connection": {},
    "gcp:sql/databaseInstance:DatabaseInstance": {"privateIpAddress": "10.0.0.5"},
    "gcp:sql/user:User": {},
    "gcp:storage/bucket:Bucket": {},
    "gcp:storage/bucketIAMMember:BucketIAMMember": {},
    "gcp:storage/transferJob:TransferJob": {},
}
"""By type: each output that the program may read beside its own inputs. `{name}` is the resource's
logical name, `{service}` the part of the cloud that its type belongs to."""

ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT},
    "aws:ssm/getParameter:getParameter": {"value": "ami-recorded"},
    "gcp:organizations/getProject:getProject": {"number": PROJECT_NUMBER},
}
"""By function: what a look-up in a cloud answers."""

CLOUDS = ("aws:", "gcp:")


def outputs(token: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What a resource of a cloud gives beside its inputs; of any other kind nothing."""
    if not token.startswith(CLOUDS):
        return {}
    if token not in COMPUTED:
        raise NotImplementedError(
            f"the recorder does not know the outputs of {token}; add it to rendering/computed.py"
        )
    service = token.split(":")[1].partition("/")[0]
    return {
        key: _merged(inputs.get(key), _filled(value, name=name, service=service))
        for key, value in COMPUTED[token].items()
    }


def _filled(value: Any, **known: str) -> Any:
    if isinstance(value, str):
        return value.format(**known)
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, Any]", value).items()
        return {key: _filled(entry, **known) for key, entry in entries}
    if isinstance(value, list):
        return [_filled(entry, **known) for entry in cast("list[Any]", value)]
    return value


def _merged(given: Any, made: Any) -> Any:
    """An output that the program gave half of keeps that half."""
    if isinstance(given, Mapping) and isinstance(made, Mapping):
        return {**cast("Mapping[str, Any]", given), **cast("Mapping[str, Any]", made)}
    return made
