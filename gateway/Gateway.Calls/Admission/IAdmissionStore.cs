namespace Gateway.Calls.Admission;

/// <summary>The store (PostgreSQL) as used while a call begins and runs. Every method may be repeated.</summary>
public interface IAdmissionStore
{
    /// <summary>
    /// Gathers in one round trip what decides the call and, where the account can pay, holds its money, so that no other call on any node
    /// can spend it. <see cref="AdmissionRules.Decide"/> evaluates the result; a caller that refuses after that releases the hold.
    /// </summary>
    Task<AdmissionFacts> AdmitAsync(AdmissionRequest request, CancellationToken cancellation);

    /// <summary>Raises a call's hold to <paramref name="upTo"/> (from <see cref="Balances.Credit.CostOf"/>); never lowers it.</summary>
    Task<HoldResult> ExtendAsync(CallId call, decimal upTo, CancellationToken cancellation);

    /// <summary>Releases the hold of a call that will not be completed with a charge. Completing a call releases its hold too.</summary>
    Task ReleaseAsync(CallId call, CancellationToken cancellation);
}
