using System.Diagnostics.CodeAnalysis;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.WhatsApp.Graph;
using Gateway.Worker.Tracing;

namespace Gateway.Worker.Legs;

/// <summary>
/// The whatsapp leg's signalling: the call's decisions become Graph actions, one after the other, and their outcomes inputs. The actions
/// have an order of their own, for one that Meta answers late must not hold up the PBX; there is no state here that they could disturb.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A token source without a timer holds nothing.")]
internal sealed class GraphLeg
{
    private readonly GraphClient _graph;
    private readonly GraphNumber _number;
    private readonly CallIdentity _identity;
    private readonly ICallInbox _call;
    private readonly Action<WhatsAppCallId> _onConnected;
    private readonly CallTracer? _trace;
    private readonly CancellationTokenSource _abandoned = new();
    private readonly OperationQueue _actions;

    /// <param name="graph">Carries the actions out.</param>
    /// <param name="number">In whose name.</param>
    /// <param name="identity">Whose call.</param>
    /// <param name="call">Where inputs go.</param>
    /// <param name="onConnected">Passed Meta's id of a call of ours.</param>
    /// <param name="trace">Null: the call is not traced.</param>
    public GraphLeg(
        GraphClient graph, GraphNumber number, CallIdentity identity, ICallInbox call, Action<WhatsAppCallId> onConnected,
        CallTracer? trace)
    {
        (_graph, _number, _identity, _call, _onConnected, _trace) = (graph, number, identity, call, onConnected, trace);
        _actions = new OperationQueue(HandleFailure);
    }

    public Task Idle => _actions.Idle;

    /// <summary>Nothing more is asked of Meta: another node has the call.</summary>
    public void Abandon() => _abandoned.Cancel();

    public void PreAccept(WhatsAppCallId id, string sdp) => _actions.Add(async () =>
        _call.Post(new CallInput.PreAccepted(Error(await TracedAsync(
            "pre_accept", _graph.PreAcceptAsync(_number, id.Value, sdp, _abandoned.Token))))));

    public void Accept(WhatsAppCallId id, string sdp) => _actions.Add(async () =>
        _call.Post(new CallInput.Accepted(Error(await TracedAsync(
            "accept", _graph.AcceptAsync(_number, id.Value, sdp, _identity.Id.Value, _abandoned.Token))))));

    /// <summary>
    /// Our own call id travels with the call and comes back in its webhooks, which may overtake the answer to this action.
    /// </summary>
    public void Connect(string sdp) => _actions.Add(async () =>
    {
        var result = await TracedAsync(
            "connect", _graph.ConnectAsync(_number, _identity.User, sdp, _identity.Id.Value, _abandoned.Token));
        if (!result.IsSuccess)
        {
            _call.Post(new CallInput.Connected(null, result.Error.Error, result.Error.EffectUnknown));
            return;
        }
        var id = new WhatsAppCallId(result.Value);
        _call.Post(new CallInput.Connected(id, null));
        _onConnected(id);
    });

    public void Reject(WhatsAppCallId id) => _actions.Add(async () =>
        _call.Post(new CallInput.WhatsAppReleased(Error(await TracedAsync(
            "reject", _graph.RejectAsync(_number, id.Value, _abandoned.Token))))));

    public void Terminate(WhatsAppCallId id) => _actions.Add(async () =>
        _call.Post(new CallInput.WhatsAppReleased(Error(await TracedAsync(
            "terminate", _graph.TerminateAsync(_number, id.Value, _abandoned.Token))))));

    private async Task<GraphResult<T>> TracedAsync<T>(string action, Task<GraphResult<T>> sent)
    {
        var began = _trace?.Now ?? default;
        var result = await sent;
        _trace?.Graph(action, began, result.Error);
        return result;
    }

    private void HandleFailure(Exception e)
    {
        var isLeft = e is OperationCanceledException && _abandoned.IsCancellationRequested;
        _call.Post(new CallInput.HangUpRequested(isLeft ? HangupCause.NodeLost : HangupCause.InternalError));
        if (isLeft)
            _call.Post(new CallInput.WhatsAppReleased(null)); // nothing more is asked of Meta
    }

    private static WhatsAppError? Error(GraphResult<Done> result) => result.Error?.Error;
}
