module manpasik.dev/tools/crds

go 1.26.4

require (
	github.com/argoproj/argo-cd/v3 v3.2.0
	github.com/argoproj/argo-rollouts v1.10.1
	github.com/bitnami/sealed-secrets v0.38.4
	github.com/cert-manager/cert-manager v1.21.2
	github.com/prometheus-operator/prometheus-operator v0.90.1
	istio.io/api v1.31.4
)
