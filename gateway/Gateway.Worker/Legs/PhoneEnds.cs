using Gateway.Calls;

namespace Gateway.Worker.Legs;

/// <summary>
/// The phones of one side of a call until the call is over at them too: a phone may answer while it is being cancelled, and is then in a
/// call until it has the BYE. Used by operations of the call's queue.
/// </summary>
internal sealed class PhoneEnds
{
    private readonly List<SipLeg> _legs = [];

    /// <summary>Those at which the call is not over.</summary>
    public IReadOnlyList<SipLeg> Open => [.. _legs.Where(leg => !leg.Sip.Settled.IsCompleted)];

    /// <summary>A phone is rung, or has called.</summary>
    public void Add(SipLeg leg)
    {
        _legs.RemoveAll(old => old.Sip.Settled.IsCompleted);
        _legs.Add(leg);
    }

    /// <summary>
    /// Completes when the phones of an agent that were hung up by now know it, or SIP waits for them no longer. Where none was rung as that
    /// agent's, those that are nobody's: the agent was found at one of them.
    /// </summary>
    public Task OfAsync(AgentId agent)
    {
        var own = _legs.Exists(leg => leg.Agent == agent) ? agent : (AgentId?)null;
        return Task.WhenAll(_legs.Where(leg => leg.Agent == own && leg.Sip.IsOver).Select(leg => leg.Sip.Settled));
    }
}
