using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Calls;

namespace Gateway.Worker.Tests.Calls.Race;

/// <summary>One call, from the tap of the user to the last phone that is free again.</summary>
internal sealed class RaceCall(RaceBench bench)
{
    /// <summary>So long the user talks.</summary>
    private static readonly TimeSpan Talk = TimeSpan.FromMilliseconds(500);

    private SandboxCall? _call;

    public string User => _call!.User.Phone;

    /// <summary>The phones that rang.</summary>
    public int Rang => bench.Phones.LegsOf(User).Count;

    /// <summary>From Graph's answer to pre_accept, after which the phones are chosen, to the first INVITE.</summary>
    public TimeSpan FirstRang => bench.Phones.LegsOf(User).Min(leg => leg.RangAt) - PreAcceptedAt;

    /// <summary>The same to the last INVITE.</summary>
    public TimeSpan LastRang => bench.Phones.LegsOf(User).Max(leg => leg.RangAt) - PreAcceptedAt;

    /// <summary>The time at which WhatsApp took accept.</summary>
    public DateTimeOffset AcceptedAt { get; private set; }

    /// <summary>From accept to the end of the last other phone; below zero where all had ended before.</summary>
    public TimeSpan LastRelease { get; private set; }

    /// <summary>Null: everything was as it is to be.</summary>
    public string? Fault { get; private set; }

    public async Task RunAsync()
    {
        _call = await bench.WhatsApp.PlaceAsync(bench.WhatsApp.User());
        try
        {
            await Eventually.SeeAsync(() => _call.State is CallState.Active or CallState.Ended, "the call is accepted");
            if (_call.State == CallState.Ended)
                throw new TimeoutException("the call ended before it was answered");
            AcceptedAt = _call.Timeline().First(entry => entry is { Kind: "state", Detail: nameof(CallState.Active) }).At;
            await Eventually.SeeAsync(() => HasOneAgent, "one phone has the call, and no other rings");
            await Task.Delay(Talk);
            Look();
            await bench.WhatsApp.HangUpAsync(_call);
            await Eventually.SeeAsync(() => bench.Phones.LegsOf(User).All(leg => leg.EndedAt is not null), "all phones are free");
        }
        catch (TimeoutException e)
        {
            Fault = e.Message;
            await bench.WhatsApp.HangUpAsync(_call);
        }
        if (Fault is not null)
            Fault = $"{User}: {Fault}\n  {WhatsAppSide.Describe(_call)}\n  {string.Join("\n  ", bench.Phones.LegsOf(User))}";
    }

    private DateTimeOffset PreAcceptedAt =>
        _call!.Timeline().First(entry => entry is { Kind: "state", Detail: nameof(CallState.PreAccepted) }).At;

    private bool HasOneAgent =>
        bench.Phones.LegsOf(User) is { Count: > 0 } legs && legs.Count(leg => leg.EndedAt is null) == 1 && legs.Any(leg => leg.IsTalking);

    /// <summary>While the user talks.</summary>
    private void Look()
    {
        var legs = bench.Phones.LegsOf(User);
        var accepts = WhatsAppSide.Actions(_call!).Count(action => action == "accept 200");
        var others = legs.Select(leg => leg.EndedAt).OfType<DateTimeOffset>().ToArray();
        if (others.Length > 0)
            LastRelease = others.Max() - AcceptedAt;
        if (accepts != 1)
            Fault = $"{accepts} accepts";
        else if (!HasOneAgent)
            Fault = $"{legs.Count(leg => leg.IsTalking)} phones have it";
        else if (_call!.State != CallState.Active)
            Fault = "the call is over";
    }
}
