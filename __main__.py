"""The table of contents: what a stack of the product consists of, in order.

Run by the Pulumi engine (`pulumi up`), or recorded without one (`mpk render`).
"""

import pulumi
import pulumi_kubernetes as k8s

from components import clouds
from components.charts.installed import charts
from components.data.stores import in_cluster
from components.delivery.gitops import gitops
from components.delivery.waiting import Watched, after_rollouts
from components.edge import regions
from components.edge.entrance import entrance_to
from components.monitoring.watch import watched
from components.platform.foundation import foundation
from components.product import Product, ProductArgs
from operations import following
from settings import SettingsError, load, secrets
from settings.kubeconfig import kubeconfig_path

config = pulumi.Config("manpasik")
try:
    settings = load(pulumi.get_stack(), config.get_object("stack"))
    resolved = secrets.resolve(
        settings,
        config.get_object("secrets") or {},
        config.get("seed") or secrets.stack_seed(settings),
    )
    given = None if settings.stack.cloud else kubeconfig_path(settings)
except SettingsError as error:
    # The engine prints this as it is, without a traceback.
    raise pulumi.RunError(str(error)) from error

above = clouds.front(settings)
here = clouds.Elsewhere() if above else clouds.place(settings, resolved)
if above:
    pulumi.export("name_servers", above.name_servers)
    pulumi.export("apps", dict(above.edges))
    pulumi.export("version", settings.release)
elif here.server:
    pulumi.export("server", here.server.machine)
    pulumi.export("bucket", here.backups.name if here.backups else None)
else:
    # Given to every component; the default provider is disabled in the stack files (decision 5).
    kubeconfig = here.cluster.kubeconfig if here.cluster else given
    context = settings.stack.cluster.context
    cluster = k8s.Provider(
        "cluster", kubeconfig=kubeconfig, context=context, enable_server_side_apply=True
    )
    in_this_cluster = pulumi.ResourceOptions(provider=cluster)

    settled = after_rollouts(
        Watched(kubeconfig=kubeconfig, context=context, waits=following.rollout)
    )
    platform = charts(settings, here, in_this_cluster)
    namespaces = foundation(settings, in_this_cluster, platform.ready)
    stores = in_cluster(
        settings, namespaces.data, resolved, in_this_cluster, here.stores, here.backups
    )
    parts = ProductArgs(
        settings=settings, secrets=resolved, namespaces=namespaces, stores=stores, settled=settled
    )
    product = Product("product", parts, in_this_cluster)
    if here.cluster:
        pulumi.export("kubeconfig", here.cluster.kubeconfig)
    pulumi.export("namespace", namespaces.application)
    pulumi.export("gateway", product.gateway)
    pulumi.export("version", settings.release)
    regions.publish(settings, here)
    entrance = entrance_to(
        settings, namespaces.application, product.gateway, platform, in_this_cluster
    )
    gitops(settings, platform, in_this_cluster)
    watched(settings, resolved, namespaces.monitoring, in_this_cluster)
    if entrance:
        pulumi.export("url", entrance.url)
