using System.Diagnostics;
using System.Net;
using Gateway.Calls;
using Gateway.WhatsApp.Meta;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.WhatsApp.Graph;

/// <summary>
/// The Graph actions of a calling number. Every outcome is a value; only the caller's own cancellation throws. Safe for concurrent use.
/// <para>Repetition: reject, terminate, reads and settings are repeated after any transient fault within their deadline; connect,
/// pre_accept, accept and messages only when the request certainly was not carried out (no connection, or refused by throttling). When
/// <see cref="GraphError.EffectUnknown"/> is set on one of those, end the call with <see cref="TerminateAsync"/>.</para>
/// </summary>
public sealed class GraphClient
{
    /// <summary>Longest <c>biz_opaque_callback_data</c>, in characters.</summary>
    public const int MaxOpaqueData = 512;

    private readonly GraphTransport _transport;
    private readonly TokenHealth _tokens;
    private readonly GraphAction _connect, _preAccept, _accept, _reject, _terminate, _getSettings, _setSettings, _getPermission, _message;

    /// <param name="http">Made with <see cref="CreateHandler"/>; its own timeout should be infinite.</param>
    /// <param name="options">Validated by the caller: see <see cref="GraphOptions.Validate"/>.</param>
    /// <param name="time">The clock of timeouts and back-offs.</param>
    /// <param name="clock">Takes Meta's time from the answers.</param>
    /// <param name="logger">Logs access tokens that Meta refuses.</param>
    public GraphClient(HttpClient http, GraphOptions options, TimeProvider time, MetaClock? clock = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _tokens = new TokenHealth(time, logger ?? NullLogger.Instance);
        _transport = new GraphTransport(http, options, time, clock ?? new MetaClock(time), _tokens);
        _connect = new("connect", options.ConnectDeadline, Repeat.IfNotReceived, Urgent: false);
        _preAccept = new("pre_accept", options.AnswerDeadline, Repeat.IfNotReceived, Urgent: true);
        _accept = new("accept", options.AnswerDeadline, Repeat.IfNotReceived, Urgent: true);
        _reject = new("reject", options.EndDeadline, Repeat.IfFailed, Urgent: true);
        _terminate = new("terminate", options.EndDeadline, Repeat.IfFailed, Urgent: true);
        _getSettings = new("get_settings", options.ReadDeadline, Repeat.IfFailed, Urgent: false);
        _setSettings = new("set_settings", options.EndDeadline, Repeat.IfFailed, Urgent: false);
        _getPermission = new("get_permission", options.ReadDeadline, Repeat.IfFailed, Urgent: false);
        _message = new("message", options.MessageDeadline, Repeat.IfNotReceived, Urgent: false);
    }

    /// <summary>The phone number ids whose access token Meta refused last, each with Meta's error.</summary>
    public IReadOnlyDictionary<string, string> RefusedTokens => _tokens.Refused;

    /// <summary>
    /// A handler that keeps connections warm but drops them before Meta does, so that an accept is not lost on a connection just closed.
    /// </summary>
    public static SocketsHttpHandler CreateHandler() => new()
    {
        ConnectTimeout = TimeSpan.FromSeconds(2),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(50),
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        AutomaticDecompression = DecompressionMethods.All,
        AllowAutoRedirect = false,
        UseCookies = false,
        MaxConnectionsPerServer = 64,
        EnableMultipleHttp2Connections = true,
        ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(), // our trace ids are not Meta's business
    };

    /// <summary>Calls a user. The value is the call id; the answer comes by webhook.</summary>
    public Task<GraphResult<string>> ConnectAsync(
        GraphNumber number, WhatsAppUser user, string sdpOffer, string? opaqueData = null, CancellationToken cancel = default) =>
        !UserHandle.IsKnown(user) || opaqueData?.Length > MaxOpaqueData
            ? Refuse<string>()
            : _transport.SendAsync(
                _connect, number, new(GraphTransport.CallsPath, GraphBody.Connect(user, sdpOffer, opaqueData)), GraphAnswerReader.CallId,
                cancel);

    /// <summary>Lets ICE and DTLS begin while the user hears ringing. No media may be sent yet.</summary>
    public Task<GraphResult<Done>> PreAcceptAsync(
        GraphNumber number, string callId, string sdpAnswer, CancellationToken cancel = default) =>
        PostCall(_preAccept, number, GraphBody.Answer("pre_accept", callId, sdpAnswer, null), cancel);

    /// <summary>Answers the call; the SDP must be exactly that of pre_accept. Media may flow from success on.</summary>
    public Task<GraphResult<Done>> AcceptAsync(
        GraphNumber number, string callId, string sdpAnswer, string? opaqueData = null, CancellationToken cancel = default) =>
        opaqueData?.Length > MaxOpaqueData
            ? Refuse<Done>()
            : PostCall(_accept, number, GraphBody.Answer("accept", callId, sdpAnswer, opaqueData), cancel);

    /// <summary>Declines a call that has not been pre-accepted; after that it is <see cref="TerminateAsync"/>.</summary>
    public Task<GraphResult<Done>> RejectAsync(GraphNumber number, string callId, CancellationToken cancel = default) =>
        PostCall(_reject, number, GraphBody.End("reject", callId), cancel);

    /// <summary>Ends a call in any state, ringing included.</summary>
    public Task<GraphResult<Done>> TerminateAsync(GraphNumber number, string callId, CancellationToken cancel = default) =>
        PostCall(_terminate, number, GraphBody.End("terminate", callId), cancel);

    public Task<GraphResult<CallingSettings>> GetSettingsAsync(GraphNumber number, CancellationToken cancel = default) =>
        _transport.SendAsync(_getSettings, number, new("settings", null), GraphAnswerReader.Settings, cancel);

    public Task<GraphResult<Done>> SetSettingsAsync(GraphNumber number, CallingSettingsUpdate update, CancellationToken cancel = default) =>
        _transport.SendAsync(_setSettings, number, new("settings", GraphBody.Settings(update)), GraphAnswerReader.Success, cancel);

    /// <summary>Reads whether the user may be called and asked, with the counters.
    /// Users who cannot be called at all read as "none".</summary>
    public Task<GraphResult<CallPermission>> GetCallPermissionAsync(
        GraphNumber number, WhatsAppUser user, CancellationToken cancel = default)
    {
        if (!UserHandle.IsKnown(user))
            return Refuse<CallPermission>();
        var query = user.Phone is { } phone ? "user_wa_id=" + phone : "recipient=" + Uri.EscapeDataString(user.UserId!);
        return _transport.SendAsync(_getPermission, number, new("call_permissions?" + query, null), GraphAnswerReader.Permission, cancel);
    }

    /// <summary>Asks for permission to call, in an open service window only. The value is the message id.</summary>
    public Task<GraphResult<string>> RequestPermissionAsync(
        GraphNumber number, WhatsAppUser user, string? text = null, CancellationToken cancel = default) =>
        PostMessage(number, user, () => GraphBody.PermissionRequest(user, text), cancel);

    /// <summary>Sends a template, such as a permission request outside the service window. The value is the message id.</summary>
    public Task<GraphResult<string>> SendTemplateAsync(
        GraphNumber number, WhatsAppUser user, string template, string language, IReadOnlyList<string>? bodyParameters = null,
        CancellationToken cancel = default) =>
        PostMessage(number, user, () => GraphBody.Template(user, template, language, bodyParameters ?? []), cancel);

    private Task<GraphResult<Done>> PostCall(GraphAction action, GraphNumber number, byte[] body, CancellationToken cancel) =>
        _transport.SendAsync(action, number, new(GraphTransport.CallsPath, body), GraphAnswerReader.Success, cancel);

    private Task<GraphResult<string>> PostMessage(GraphNumber number, WhatsAppUser user, Func<byte[]> body, CancellationToken cancel) =>
        !UserHandle.IsKnown(user)
            ? Refuse<string>()
            : _transport.SendAsync(_message, number, new("messages", body()), GraphAnswerReader.MessageId, cancel);

    /// <summary>The refusal of a request that Meta would answer with 100; it is not sent.</summary>
    private static Task<GraphResult<T>> Refuse<T>()
        where T : class =>
        Task.FromResult<GraphResult<T>>(
            new GraphError(new WhatsAppError(WhatsAppErrorCodes.InvalidParameter, "Not sent"), null, Retryable: false));
}
