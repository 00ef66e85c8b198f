{{- define "gateway.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end }}

{{/* What selects the pods of one component: gateway or admin-api. */}}
{{- define "gateway.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "gateway.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* gateway.json: what the chart knows, and over it what .Values.config says. */}}
{{- define "gateway.config" -}}
{{- $listen := list (printf "udp:${env:ADDRESS}:%d" (int .Values.ports.sip)) (printf "tcp:${env:ADDRESS}:%d" (int .Values.ports.sip)) }}
{{- $sip := dict }}
{{- if .Values.sipTlsSecret }}
{{- $listen = append $listen (printf "tls:${env:ADDRESS}:%d" (int .Values.ports.sips)) }}
{{- $_ := set $sip "tls" (dict "certificatePath" "/etc/whatsapp-gateway/tls/tls.crt" "keyPath" "/etc/whatsapp-gateway/tls/tls.key") }}
{{- end }}
{{- $_ := set $sip "listen" $listen }}
{{- $binding := dict "bind" "${env:ADDRESS}" }}
{{- $advertise := empty .Values.media.publicAddresses | ternary "${env:ADDRESS}" "${file:/etc/whatsapp-gateway/public-address}" }}
{{- $ours := dict
  "node" (dict "id" "${env:NODE}" "drainDeadline" (include "gateway.time" .Values.drain.deadlineSeconds))
  "http" (dict
    "listen" (printf "http://${env:ADDRESS}:%d" (int .Values.ports.webhooks))
    "operations" (printf "http://${env:ADDRESS}:%d" (int .Values.ports.operations)))
  "calls" (dict "ending" (include "gateway.time" .Values.drain.endingSeconds))
  "sip" $sip
  "media" (dict
    "loops" (int .Values.media.loops)
    "whatsApp" (dict
      "bindings" (list (dict "bind" "${env:ADDRESS}" "advertise" (list $advertise)))
      "port" (int .Values.media.whatsAppPort)
      "portsPerLoop" (int .Values.media.portsPerLoop))
    "pbx" (dict
      "bindings" (list $binding)
      "portMin" (int .Values.media.pbxPortMin)
      "portMax" (int .Values.media.pbxPortMax)))
  "storage" (dict "postgres" "${env:GATEWAY_POSTGRES}" "redis" "${env:GATEWAY_REDIS}") }}
{{- mergeOverwrite $ours (deepCopy .Values.config) | toPrettyJson }}
{{- end }}

{{/* Seconds as hh:mm:ss. */}}
{{- define "gateway.time" -}}
{{- $s := int . }}{{ printf "%02d:%02d:%02d" (div $s 3600) (mod (div $s 60) 60) (mod $s 60) }}
{{- end }}

{{- define "gateway.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "gateway.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: { type: RuntimeDefault }
{{- end }}
