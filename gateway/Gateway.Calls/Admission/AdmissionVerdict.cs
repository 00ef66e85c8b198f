using Gateway.Calls.Balances;

namespace Gateway.Calls.Admission;

/// <summary>The decision whether a call may begin.</summary>
public abstract record AdmissionVerdict
{
    private AdmissionVerdict() { }

    /// <param name="Funding">The funding of the call; null: not billed.</param>
    public sealed record Admitted(Funding? Funding) : AdmissionVerdict;

    /// <param name="Cause">The cause for the record.</param>
    /// <param name="Text">A sentence for a desk phone.</param>
    /// <param name="Funding">
    /// The funding held all the same, to be released; for <see cref="HangupCause.NotPermitted"/>, the last check, it funds the call where
    /// Meta has a permission that the store does not know.
    /// </param>
    public sealed record Refused(HangupCause Cause, string Text, Funding? Funding = null) : AdmissionVerdict;
}
