using System.Net;
using Testing.Peers;

namespace Faults.Peers;

/// <summary>One INVITE as the phone that it rings knows it. Under the lock of the phones.</summary>
internal sealed class PhoneLeg(SipMessageText invite, IPEndPoint from, PhoneAudio audio) : IDisposable
{
    private readonly TaskCompletionSource _byeAnswered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Id { get; } = invite["Call-ID"];

    /// <summary>The extension.</summary>
    public string Phone { get; } = invite.StartLine.Split(' ')[1].Split(':', '@')[1];

    /// <summary>The WhatsApp user who calls.</summary>
    public string User { get; } = invite["X-WhatsApp-User-Phone"].TrimStart('+');

    public SipMessageText Invite => invite;

    public PhoneAudio Audio => audio;

    /// <summary>Where the node that has it was last heard from.</summary>
    public IPEndPoint Peer { get; set; } = from;

    /// <summary>The Contact to which requests go.</summary>
    public string Target { get; set; } = invite["Contact"].Split('<', '>')[1];

    public string Tag { get; } = Guid.NewGuid().ToString("n")[..8];

    /// <summary>The last response to the INVITE, sent again when the INVITE is.</summary>
    public string Last { get; set; } = "";

    public bool IsPickedUp { get; set; }

    public bool IsAcknowledged { get; set; }

    public bool IsOver { get; set; }

    public bool IsTalking => IsPickedUp && !IsOver;

    /// <summary>Completes when the gateway has answered the phone's BYE.</summary>
    public Task ByeAnswered => _byeAnswered.Task;

    public void TakeByeAnswer() => _byeAnswered.TrySetResult();

    /// <summary>The response to a request of the gateway in this dialog.</summary>
    /// <param name="request">The INVITE, or a later request.</param>
    /// <param name="status">Code and phrase.</param>
    /// <param name="contact">The phone's port.</param>
    /// <param name="sdp">The body; null: none.</param>
    public string Respond(SipMessageText request, string status, int contact, string? sdp = null)
    {
        var to = request["To"];
        return string.Join("\r\n",
        [
            $"SIP/2.0 {status}", .. request.All("Via"), .. request.All("Record-Route"), $"From: {request["From"]}",
            $"To: {(to.Contains(";tag=", StringComparison.Ordinal) ? to : $"{to};tag={Tag}")}", $"Call-ID: {Id}",
            $"CSeq: {request["CSeq"]}", $"Contact: <sip:{Phone}@127.0.0.1:{contact}>",
            .. sdp is null ? [] : new[] { "Content-Type: application/sdp" }, $"Content-Length: {sdp?.Length ?? 0}", "", sdp ?? "",
        ]);
    }

    /// <summary>The phone's BYE.</summary>
    public string Bye(int contact) => string.Join("\r\n",
    [
        $"BYE {Target} SIP/2.0", $"Via: SIP/2.0/UDP 127.0.0.1:{contact};branch=z9hG4bK{Tag};rport", "Max-Forwards: 70",
        $"From: {invite["To"]};tag={Tag}", $"To: {invite["From"]}", $"Call-ID: {Id}", $"CSeq: 1 BYE", "Content-Length: 0", "", "",
    ]);

    public void Dispose() => audio.Dispose();
}
