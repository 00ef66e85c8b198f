using Gateway.Calls.Balances;

namespace Gateway.Calls.Admission;

/// <summary>Whether a call may begin.</summary>
public abstract record AdmissionVerdict
{
    private AdmissionVerdict() { }

    /// <param name="Funding">What pays for it; null: not billed.</param>
    public sealed record Admitted(Funding? Funding) : AdmissionVerdict;

    /// <param name="Cause">What the record says.</param>
    /// <param name="Text">A sentence for a desk phone.</param>
    /// <param name="Funding">
    /// What was held all the same, to be released; for <see cref="HangupCause.NotPermitted"/>, the last question asked, what pays for the call
    /// where Meta knows of a permission that our books do not.
    /// </param>
    public sealed record Refused(HangupCause Cause, string Text, Funding? Funding = null) : AdmissionVerdict;
}
