namespace Gateway.Sip.Messages;

/// <summary>
/// The reason why a call ended, as the Reason header carries it (RFC 3326): <c>Q.850;cause=16;text="Normal call clearing"</c>.
/// </summary>
/// <param name="Protocol">"Q.850" or "SIP".</param>
/// <param name="Cause">A Q.850 cause (1…127) or a SIP status code.</param>
/// <param name="Text">For humans; quoted when written.</param>
public readonly record struct SipReason(string Protocol, int Cause, string? Text = null)
{
    public static SipReason Q850(int cause, string? text = null) => new("Q.850", cause, text);

    public static SipReason Sip(int status, string? text = null) => new("SIP", status, text);
}
