using Gateway.Calls.Balances;
using Gateway.Calls.Lifecycle;
using Gateway.Worker.Legs;

namespace Gateway.Worker.Calls;

/// <summary>What a call asks of admission and of its account, in order; the answers go to its inbox.</summary>
/// <param name="call">Read by operations, of what does not change once it is asked for.</param>
/// <param name="details">What Meta reported of an inbound call.</param>
/// <param name="services">What all calls share.</param>
/// <param name="inbox">The call's.</param>
/// <param name="letGo">Ends the call without a word to anybody: it is another node's.</param>
/// <param name="onDefect">A defect in one of its operations.</param>
internal sealed class CallMoney(
    Call call, InboundDetails? details, CallServices services, ICallInbox inbox, Func<Task> letGo, Action<Exception> onDefect)
{
    private readonly OperationQueue _asked = new(onDefect);
    private readonly TaskCompletionSource _checked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CallInput.Admitted? _admitted;

    /// <summary>Its admission was asked for, and granted.</summary>
    public bool IsAdmitted => _admitted is not null;

    public Task Idle => _asked.Idle;

    /// <summary>Completes when its admission was decided, or the call is over.</summary>
    public Task Checked => _checked.Task;

    public void CheckAdmission() => _asked.Add(async () =>
    {
        var answer = await services.Admission.CheckAsync(
            call.Identity, call.TimeOf(call.StartedAt), call.Trunk, call.Agent, details?.WhatsAppId);
        if (answer is CallInput.BegunElsewhere other)
        {
            await services.Registry.ReclaimAsync(details!.WhatsAppId, call.Identity.Id, other.As, CancellationToken.None);
            await letGo();
            return;
        }
        if (answer is CallInput.Admitted admitted)
            answer = _admitted = details is null ? admitted : services.Agents.Flows.Lead(call.Identity, details.Payloads, admitted);
        inbox.Post(answer);
        _checked.TrySetResult();
    });

    public void ExtendHold(decimal upTo) => _asked.Add(async () =>
        inbox.Post(await services.Holds.ExtendAsync(call.Identity, call.TimeOf(call.StartedAt), upTo)));

    /// <summary>The call is over, and its record written.</summary>
    /// <param name="recorded">What the record says that pays.</param>
    public async Task EndAsync(Funding? recorded)
    {
        _checked.TrySetResult();
        services.Holds.Forget(call.Identity);
        if (_admitted is { Funding: not null } && recorded is null)
            // admitted after its end: its record may have been settled before the hold was taken
            await services.Holds.ReleaseAsync(call.Identity);
    }

    /// <summary>Another node has the call, with what is held for it.</summary>
    public void LetGo()
    {
        _checked.TrySetResult();
        services.Holds.Forget(call.Identity);
    }
}
