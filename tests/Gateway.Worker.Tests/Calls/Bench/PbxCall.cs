using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Messages;

namespace Gateway.Worker.Tests.Calls.Bench;

/// <summary>One call as the PBX sees it, with its phone.</summary>
internal sealed class PbxCall(SipCall sip, PbxPhone phone, long arrived) : IAsyncDisposable
{
    private readonly List<SipCallEvent> _seen = [];

    public SipCall Sip => sip;

    public PbxPhone Phone => phone;

    /// <summary>Timestamp of <see cref="TimeProvider.System"/> at which the INVITE was read.</summary>
    public long Arrived => arrived;

    /// <summary>Every event read so far.</summary>
    public IReadOnlyList<SipCallEvent> Seen => _seen;

    public string? Header(string name) =>
        sip.Info.Headers.FirstOrDefault(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>Reads on until an event of this kind.</summary>
    public async Task<T> NextAsync<T>()
        where T : SipCallEvent
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        try
        {
            while (true)
            {
                var next = await sip.Events.ReadAsync(timeout.Token);
                _seen.Add(next);
                if (next is T wanted)
                    return wanted;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or System.Threading.Channels.ChannelClosedException)
        {
            throw new TimeoutException($"The PBX's call never had {typeof(T).Name}; it had {string.Join(", ", _seen)}.");
        }
    }

    public Task RingAsync() => sip.ProvisionalAsync(180);

    /// <summary>The agent picks up and talks, unless its audio is blocked.</summary>
    public async Task AnswerAsync(bool talks = true)
    {
        await sip.AnswerAsync(phone.Sdp);
        if (talks)
            phone.Talk(sip.Info.Offer!);
    }

    /// <summary>Takes the next renegotiation of the gateway, and talks to where it says.</summary>
    public async Task FollowAsync()
    {
        var offer = await NextAsync<SipCallEvent.OfferReceived>();
        await sip.AcceptOfferAsync(phone.Sdp);
        phone.Talk(offer.Sdp!);
    }

    public Task RejectAsync(int status, string? phrase = null) => sip.RejectAsync(status, phrase);

    public Task HangUpAsync() => sip.HangUpAsync(SipReason.Q850(16));

    /// <summary>Waits until the gateway has answered this outbound call, and talks.</summary>
    public async Task AnsweredAsync()
    {
        var answered = await NextAsync<SipCallEvent.Answered>();
        phone.Talk(answered.Sdp!);
    }

    /// <summary>The final refusal of this outbound call.</summary>
    public Task<SipCallEvent.Failed> FailedAsync() => NextAsync<SipCallEvent.Failed>();

    public Task<SipCallEvent.Ended> EndedAsync() => NextAsync<SipCallEvent.Ended>();

    public Task HearsAsync(double hertz) => Eventually.SeeAsync(
        () => phone.Hertz is { } heard && Math.Abs(heard - hertz) < 8, $"the agent hears {hertz} Hz",
        () => $"{phone.Hertz} Hz, {phone.Received} packets");

    public ValueTask DisposeAsync() => phone.DisposeAsync();
}
