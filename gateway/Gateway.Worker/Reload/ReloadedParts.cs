using Gateway.Sip.Endpoint;
using Gateway.WhatsApp.Webhooks;
using Gateway.Worker.Calls;
using Gateway.Worker.Channels;
using Gateway.Worker.Legs;
using Gateway.Worker.Logs;
using Microsoft.Extensions.Options;

namespace Gateway.Worker.Reload;

/// <summary>The parts of a node that take a new configuration while it runs.</summary>
internal sealed record ReloadedParts(
    SipEndpoint Sip, PbxTrunks Trunks, NodeCapacity Capacity, ChannelSync Channels, WebhookSecrets Webhooks, LogSwitch Logs,
    IOptions<HostOptions> Host);
