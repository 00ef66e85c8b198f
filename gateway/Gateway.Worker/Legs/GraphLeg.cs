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
/// <param name="graph">Carries the actions out.</param>
/// <param name="number">In whose name.</param>
/// <param name="identity">Whose call.</param>
/// <param name="call">Where inputs go.</param>
/// <param name="onConnected">Passed Meta's id of a call of ours.</param>
/// <param name="trace">Null: the call is not traced.</param>
[SuppressMessage("Design", "CA1001", Justification = "A token source without a timer holds nothing.")]
internal sealed class GraphLeg(
    GraphClient graph, GraphNumber number, CallIdentity identity, ICallInbox call, Action<WhatsAppCallId> onConnected,
    CallTracer? trace)
{
    private readonly CancellationTokenSource _abandoned = new();
    private readonly OperationQueue _actions = new(_ => call.Post(new CallInput.HangUpRequested(HangupCause.InternalError)));

    public Task Idle => _actions.Idle;

    /// <summary>Nothing more is asked of Meta: another node has the call.</summary>
    public void Abandon() => _abandoned.Cancel();

    public void PreAccept(WhatsAppCallId id, string sdp) => _actions.Add(async () =>
        call.Post(new CallInput.PreAccepted(Error(await TracedAsync(
            "pre_accept", graph.PreAcceptAsync(number, id.Value, sdp, _abandoned.Token))))));

    public void Accept(WhatsAppCallId id, string sdp) => _actions.Add(async () =>
        call.Post(new CallInput.Accepted(Error(await TracedAsync(
            "accept", graph.AcceptAsync(number, id.Value, sdp, identity.Id.Value, _abandoned.Token))))));

    /// <summary>
    /// Our own call id travels with the call and comes back in its webhooks, which may overtake the answer to this action.
    /// </summary>
    public void Connect(string sdp) => _actions.Add(async () =>
    {
        var result = await TracedAsync(
            "connect", graph.ConnectAsync(number, identity.User, sdp, identity.Id.Value, _abandoned.Token));
        if (!result.IsSuccess)
        {
            call.Post(new CallInput.Connected(null, result.Error.Error, result.Error.EffectUnknown));
            return;
        }
        var id = new WhatsAppCallId(result.Value);
        call.Post(new CallInput.Connected(id, null));
        onConnected(id);
    });

    public void Reject(WhatsAppCallId id) => _actions.Add(async () =>
        call.Post(new CallInput.WhatsAppReleased(Error(await TracedAsync(
            "reject", graph.RejectAsync(number, id.Value, _abandoned.Token))))));

    public void Terminate(WhatsAppCallId id) => _actions.Add(async () =>
        call.Post(new CallInput.WhatsAppReleased(Error(await TracedAsync(
            "terminate", graph.TerminateAsync(number, id.Value, _abandoned.Token))))));

    private async Task<GraphResult<T>> TracedAsync<T>(string action, Task<GraphResult<T>> sent)
    {
        var began = trace?.Now ?? default;
        var result = await sent;
        trace?.Graph(action, began, result.Error);
        return result;
    }

    private static WhatsAppError? Error(GraphResult<Done> result) => result.Error?.Error;
}
