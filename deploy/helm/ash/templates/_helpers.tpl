{{- define "ash.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "ash.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: node
{{- end -}}

{{- define "ash.labels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | quote }}
{{- end -}}

{{- define "ash.testLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: test
{{- end -}}

{{- define "ash.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (.Values.serviceAccount.create | ternary (include "ash.fullname" .) "default") -}}
{{- end -}}

{{- define "ash.nodes" -}}
{{- printf "%s-nodes" (include "ash.fullname" .) -}}
{{- end -}}

{{- define "ash.nodeDomain" -}}
{{- printf "%s.%s.svc.%s" (include "ash.nodes" .) .Release.Namespace .Values.cluster.domain -}}
{{- end -}}

{{- define "ash.database" -}}
{{- if or .Values.database.url .Values.database.existingSecret -}}yes{{- end -}}
{{- end -}}

{{/* Whether several nodes form a cluster. */}}
{{- define "ash.clustered" -}}
{{- if gt (int .Values.replicas) 1 -}}yes{{- end -}}
{{- end -}}

{{/* Whether nodes ask the Kubernetes API. */}}
{{- define "ash.asksKubernetes" -}}
{{- if and (include "ash.clustered" .) (eq .Values.cluster.discovery "kubernetes-api") -}}yes{{- end -}}
{{- end -}}

{{/* What the chart's own Secret holds, as variables of the node. */}}
{{- define "ash.secretData" -}}
{{- with .Values.auth.apiKey }}
ASH_API_KEY: {{ . | quote }}
{{- end }}
{{- with .Values.auth.anthropicApiKey }}
ANTHROPIC_API_KEY: {{ . | quote }}
{{- end }}
{{- with .Values.auth.credentialKey }}
ASH_CREDENTIAL_KEY: {{ . | quote }}
{{- end }}
{{- with .Values.auth.internalSecret }}
ASH_INTERNAL_SECRET: {{ . | quote }}
{{- end }}
{{- with .Values.database.url }}
ASH_DATABASE_URL: {{ . | quote }}
{{- end }}
{{- end -}}

{{/* Values that do not go together; each alone is judged by values.schema.json. */}}
{{- define "ash.check" -}}
{{- $auth := .Values.auth -}}
{{- if and $auth.existingSecret (or $auth.apiKey $auth.anthropicApiKey $auth.credentialKey $auth.internalSecret) -}}
{{- fail "auth.existingSecret: set, and so is a secret in auth (expected: only one of them)" -}}
{{- end -}}
{{- if and (not $auth.existingSecret) (or $auth.secretKeys $auth.secretFiles) -}}
{{- fail "auth.existingSecret: nothing (expected: the Secret whose keys auth.secretKeys and auth.secretFiles name)" -}}
{{- end -}}
{{- range $variable, $key := $auth.secretFiles -}}
{{- if hasKey $.Values.env $variable -}}
{{- fail (printf "env.%s: set, and so is auth.secretFiles.%s (expected: only one of them)" $variable $variable) -}}
{{- end -}}
{{- end -}}
{{- $keyFile := or (hasKey .Values.env "ASH_API_KEY_FILE") (hasKey $auth.secretFiles "ASH_API_KEY_FILE") -}}
{{- if and $keyFile (or $auth.apiKey (hasKey $auth.secretKeys "ASH_API_KEY")) -}}
{{- fail "ASH_API_KEY_FILE: set, and so is auth.apiKey or auth.secretKeys.ASH_API_KEY (expected: only one of them)" -}}
{{- end -}}
{{- if and .Values.database.url .Values.database.existingSecret -}}
{{- fail "database.existingSecret: set, and so is database.url (expected: only one of them)" -}}
{{- end -}}
{{- if and (include "ash.clustered" .) (not (include "ash.database" .)) -}}
{{- fail (printf "replicas: %d (expected: 1, or database.existingSecret or database.url: the nodes of a cluster share one PostgreSQL)" (int .Values.replicas)) -}}
{{- end -}}
{{- $least := add .Values.preStopSeconds .Values.cluster.drain.noticeSeconds .Values.cluster.drain.limitSeconds 70 -}}
{{- if lt (int .Values.terminationGracePeriodSeconds) (int $least) -}}
{{- fail (printf "terminationGracePeriodSeconds: %d (expected: at least %d, which is preStopSeconds, cluster.drain and 70 s to save what runs)" (int .Values.terminationGracePeriodSeconds) (int $least)) -}}
{{- end -}}
{{- if and (include "ash.asksKubernetes" .) .Values.networkPolicy.enabled (not .Values.networkPolicy.kubernetesApi) -}}
{{- fail "networkPolicy.kubernetesApi: nothing (expected: the API servers' addresses, which cluster.discovery kubernetes-api asks)" -}}
{{- end -}}
{{- if and .Values.serviceMonitor.enabled .Values.networkPolicy.enabled (not .Values.networkPolicy.monitoring) -}}
{{- fail "networkPolicy.monitoring: nothing (expected: the pods of Prometheus, which serviceMonitor.enabled tells to read /metrics)" -}}
{{- end -}}
{{- if and (eq .Values.sandbox.isolation "userns") (semverCompare "<1.33.0-0" .Capabilities.KubeVersion.Version) -}}
{{- fail (printf "sandbox.isolation: userns on Kubernetes %s (expected: 1.33 or newer, or privileged or none)" .Capabilities.KubeVersion.Version) -}}
{{- end -}}
{{- end -}}
