"""The one way in: the public host, its certificate, and the route to the gateway.

An Ingress of ingress-nginx; in the mesh its own gateway (R-P3-MESH). Owns neither controller nor
load balancer. None of the product's own annotations is kept: rewrite-target
broke every route (ING-01), the rate limits were no annotations at all (ING-02), `*` undid the
gateway's CORS list (ING-05).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.contracts import Installed
from components.mesh import limits
from components.mesh import resources as mesh
from components.platform.namespaces import namespace
from components.pods import metadata
from settings import names
from settings.cloud import AwsSettings
from settings.environments import Certificates
from settings.loader import Settings

# The gateway's own limits: 10 MB a body, 60 s a request (ING-05); past them it answers itself.
BODY_LIMIT = "10m"
TIMEOUT_SECONDS = 65
_ACME = "https://acme-v02.api.letsencrypt.org/directory"
_SECRET = names.CERTIFICATE_SECRET
_MESH_CLASS = "istio"
_NGINX = "nginx.ingress.kubernetes.io"


@dataclass(frozen=True, kw_only=True, slots=True)
class EntranceArgs:
    """What the way in needs from its surroundings."""

    stack: str
    meshed: bool
    hosts: Sequence[str]
    """Public names; the first is the stack's own."""
    certificates: Certificates | None
    proof: Mapping[str, object] | None = None
    """How a name is proven by its zone; absent: by an answer of the host itself."""
    limit: int | None = None
    """Requests of one address in five minutes, where nothing before the cluster limits them."""
    namespace: pulumi.Input[str]
    gateway: pulumi.Input[str]
    """Name of the gateway's Service."""
    port: int
    platform: Installed
    """The charts whose kinds are used here, and the namespace of the mesh's gateway."""


class Entrance(pulumi.ComponentResource):
    """Ingress, or the mesh's Gateway and VirtualService, with the issuer of the certificate."""

    url: pulumi.Output[str]

    def __init__(
        self, name: str, args: EntranceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the issuer where there is TLS, then the route."""
        super().__init__("manpasik:edge:Entrance", name, None, opts)
        self._args = args
        self._labels = names.labels("gateway", "entrance", args.stack)
        meshed = args.meshed
        issuer = None
        if args.certificates:
            issuer = self._issuer(args.certificates, _MESH_CLASS if meshed else "nginx")
        if meshed:
            self._mesh(issuer)
        else:
            self._ingress(issuer)
        scheme = "https" if issuer else "http"
        self.url = pulumi.Output.from_input(f"{scheme}://{args.hosts[0]}")
        self.register_outputs({"url": self.url})

    def _issuer(self, given: Certificates, solver: str) -> str:
        k8s.apiextensions.CustomResource(
            "certificate-issuer",
            api_version="cert-manager.io/v1",
            kind="ClusterIssuer",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=given.issuer, labels=self._labels),
            spec={
                "acme": {
                    "server": _ACME,
                    "email": given.email,
                    "privateKeySecretRef": {"name": f"{given.issuer}-account"},
                    "solvers": [
                        self._args.proof or {"http01": {"ingress": {"ingressClassName": solver}}}
                    ],
                }
            },
            # Its kind and the webhook that judges it: no value of theirs leads here.
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(self._args.platform.releases)),
        )
        return given.issuer

    def _ingress(self, issuer: str | None) -> None:
        annotations: dict[str, pulumi.Input[str]] = {
            f"{_NGINX}/proxy-body-size": BODY_LIMIT,
            f"{_NGINX}/proxy-read-timeout": str(TIMEOUT_SECONDS),
            f"{_NGINX}/proxy-send-timeout": str(TIMEOUT_SECONDS),
        }
        tls = None
        if issuer:
            annotations |= {
                "cert-manager.io/cluster-issuer": issuer,
                f"{_NGINX}/force-ssl-redirect": "true",
            }
            tls = [k8s.networking.v1.IngressTLSArgs(hosts=[*self._args.hosts], secret_name=_SECRET)]
        port = k8s.networking.v1.ServiceBackendPortArgs(number=self._args.port)
        backend = k8s.networking.v1.IngressServiceBackendArgs(name=self._args.gateway, port=port)
        path = k8s.networking.v1.HTTPIngressPathArgs(
            path="/",
            path_type="Prefix",
            backend=k8s.networking.v1.IngressBackendArgs(service=backend),
        )
        rule = k8s.networking.v1.IngressRuleArgs(
            host=self._args.hosts[0], http=k8s.networking.v1.HTTPIngressRuleValueArgs(paths=[path])
        )
        k8s.networking.v1.Ingress(
            "entrance-ingress",
            metadata=metadata(
                names.INGRESS,
                self._args.namespace,
                self._labels,
                # Its address comes from a controller that this program does not own.
                annotations | {"pulumi.com/skipAwait": "true"},
            ),
            spec=k8s.networking.v1.IngressSpecArgs(
                ingress_class_name="nginx", rules=[rule], tls=tls
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _mesh(self, issuer: str | None) -> None:
        """Certificate and gateway; the route itself is the gateway service's own."""
        space = self._mesh_namespace()
        if issuer:
            self._certificate(issuer, space)
            self._custom(
                "redirect",
                "networking.istio.io/v1",
                "VirtualService",
                self._args.namespace,
                mesh.redirect(self._args.hosts),
            )
        self._custom(
            "gateway",
            "networking.istio.io/v1",
            "Gateway",
            self._args.namespace,
            mesh.gateway(self._args.hosts, _SECRET if issuer else None),
        )
        if self._args.limit:
            api = "networking.istio.io/v1alpha3"
            self._custom("limit", api, "EnvoyFilter", space, limits.limit(self._args.limit))

    def _certificate(self, issuer: str, space: pulumi.Input[str]) -> None:
        """The certificate, and the class under which the mesh serves the solver's Ingress."""
        self._custom(
            "certificate",
            "cert-manager.io/v1",
            "Certificate",
            space,
            {
                "secretName": _SECRET,
                "dnsNames": [*self._args.hosts],
                "issuerRef": {"name": issuer, "kind": "ClusterIssuer"},
            },
        )
        k8s.networking.v1.IngressClass(
            "entrance-class",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=_MESH_CLASS, labels=self._labels),
            spec=k8s.networking.v1.IngressClassSpecArgs(controller="istio.io/ingress-controller"),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _mesh_namespace(self) -> pulumi.Output[str]:
        """The mesh's gateway opens ports below 1024 and needs no more than `baseline`."""
        if made_already := self._args.platform.spaces.get(names.MESH_NAMESPACE):
            return made_already
        labels = names.labels(names.MESH_NAMESPACE, "namespace", self._args.stack)
        child = pulumi.ResourceOptions(parent=self)
        return namespace(names.MESH_NAMESPACE, labels, child, enforced="baseline")

    def _custom(
        self,
        part: str,
        api_version: str,
        kind: str,
        namespace: pulumi.Input[str],
        spec: dict[str, object],
    ) -> None:
        k8s.apiextensions.CustomResource(
            f"entrance-{part}",
            api_version=api_version,
            kind=kind,
            metadata=metadata(names.INGRESS, namespace, self._labels),
            spec=spec,
            opts=pulumi.ResourceOptions(parent=self),
        )


def entrance_to(
    settings: Settings,
    namespace: pulumi.Input[str],
    gateway: pulumi.Input[str],
    platform: Installed,
    opts: pulumi.ResourceOptions,
) -> Entrance | None:
    """The way in of a stack that has a public host."""
    if settings.host is None:
        return None
    args = EntranceArgs(
        stack=settings.stack_name,
        meshed=settings.delivery.meshed,
        hosts=settings.hosts,
        certificates=settings.environment.certificates,
        proof=_proof(settings),
        limit=_limit(settings),
        namespace=namespace,
        gateway=gateway,
        port=settings.services["gateway"].port,
        platform=platform,
    )
    return Entrance("entrance", args, opts)


def _proof(settings: Settings) -> Mapping[str, object] | None:
    """A region proves its names by records in their zone, which the stack above keeps.

    The common name leads to another region for most who ask, and on Google Cloud nothing listens
    on port 80: the authority's question would not come here.
    """
    cloud = settings.stack.cloud
    if settings.stack.market is None or cloud is None:
        return None
    if isinstance(cloud, AwsSettings):
        return {"dns01": {"route53": {"region": cloud.region}}}
    project = cloud.project or names.project(settings.stack.environment)
    return {"dns01": {"cloudDNS": {"project": project}}}


def _limit(settings: Settings) -> int | None:
    """On Google Cloud the stack above limits; its balancer's own addresses are what come here."""
    of_region = settings.stack.market is not None
    amazon = isinstance(settings.stack.cloud, AwsSettings)
    return settings.stack.edge.requests_per_5_minutes if of_region and amazon else None
