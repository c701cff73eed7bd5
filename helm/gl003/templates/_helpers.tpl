{{/* Names and labels that many templates have in common. */}}

{{- define "gl003.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "gl003.labels" -}}
app.kubernetes.io/part-of: gl003
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "gl003.selector" -}}
app.kubernetes.io/part-of: gl003
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "gl003.acquisition" -}}
{{- if has . (list "steam_meter" "pressure_sensor" "temperature_sensor" "condensate_meter" "scada") }}true{{ end }}
{{- end }}

{{- define "gl003.image" -}}
{{- $image := .root.Values.image -}}
{{- with $image.registry }}{{ . }}/{{ end }}{{ $image.prefix }}{{ .service }}:{{ $image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{- define "gl003.bus" -}}
{{- if .Values.bus.url }}{{ .Values.bus.url }}{{ else if .Values.nats.enabled }}nats://{{ include "gl003.name" . }}-nats:4222{{ else }}{{ fail "bus.url must be given where nats.enabled is false" }}{{ end }}
{{- end }}

{{- define "gl003.busSecret" -}}
{{ .Values.bus.existingSecret | default (printf "%s-bus" (include "gl003.name" .)) }}
{{- end }}

{{- define "gl003.plant" -}}
{{- $entry := .entry -}}
{{- if $entry.plant }}{{ include "gl003.name" .root }}-{{ .key }}-plant{{ else }}{{ .root.Values.existingPlant | default (printf "%s-plant" (include "gl003.name" .root)) }}{{ end }}
{{- end }}

{{- define "gl003.streamReplicas" -}}
{{- if .Values.bus.streamReplicas }}{{ .Values.bus.streamReplicas }}{{ else if and .Values.nats.enabled (not .Values.bus.url) }}{{ .Values.nats.replicas }}{{ end }}
{{- end }}

{{- define "gl003.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .user }}
runAsGroup: {{ .user }}
fsGroup: {{ .user }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "gl003.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* What a container needs to reach the bus: environment. */}}
{{- define "gl003.busEnvironment" -}}
{{- $values := .root.Values -}}
- { name: GL003_CONFIG, value: /etc/gl003/plant.toml }
- { name: NATS_URL, value: {{ include "gl003.bus" .root | quote }} }
{{- with $values.site }}
- { name: SITE, value: {{ . | quote }} }
{{- end }}
{{- with include "gl003.streamReplicas" .root }}
- { name: STREAM_REPLICAS, value: {{ . | quote }} }
{{- end }}
{{- if eq $values.bus.login "password" }}
- { name: NATS_USER, value: {{ $values.bus.user | quote }} }
- { name: NATS_PASSWORD_FILE, value: /etc/gl003/bus/password }
{{- else if eq $values.bus.login "credentials" }}
- { name: NATS_CREDENTIALS_FILE, value: /etc/gl003/bus/user.creds }
{{- else if eq $values.bus.login "nkey" }}
- { name: NATS_NKEY_SEED_FILE, value: /etc/gl003/bus/seed.nk }
- { name: NATS_INBOX_PREFIX, value: _INBOX_{{ .role }} }
{{- end }}
{{- if $values.bus.tls.existingSecret }}
- { name: NATS_TLS_CA_FILE, value: /etc/gl003/tls/ca.crt }
{{- if $values.bus.tls.clientCertificate }}
- { name: NATS_TLS_CERTIFICATE_FILE, value: /etc/gl003/tls/tls.crt }
- { name: NATS_TLS_KEY_FILE, value: /etc/gl003/tls/tls.key }
{{- end }}
{{- end }}
{{- end }}

{{/* … and files. */}}
{{- define "gl003.busMounts" -}}
- { name: plant, mountPath: /etc/gl003/plant.toml, subPath: plant.toml, readOnly: true }
{{- if ne .Values.bus.login "none" }}
- { name: bus, mountPath: /etc/gl003/bus, readOnly: true }
{{- end }}
{{- if .Values.bus.tls.existingSecret }}
- { name: tls, mountPath: /etc/gl003/tls, readOnly: true }
{{- end }}
- { name: tmp, mountPath: /tmp }
{{- end }}

{{- define "gl003.busVolumes" -}}
{{- $values := .root.Values -}}
{{- if ne $values.bus.login "none" }}
{{- $file := get (dict "password" "password" "credentials" "user.creds" "nkey" "seed.nk") $values.bus.login }}
- name: bus
  secret:
    secretName: {{ .secret | default (include "gl003.busSecret" .root) }}
    defaultMode: 0440
    items: [{ key: {{ $file }}, path: {{ $file }} }]
{{- end }}
{{- with $values.bus.tls.existingSecret }}
- { name: tls, secret: { secretName: {{ . }}, defaultMode: 0440 } }
{{- end }}
- { name: tmp, emptyDir: { medium: Memory, sizeLimit: 64Mi } }
{{- end }}
