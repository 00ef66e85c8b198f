using Gateway.Calls.Admission;

namespace Gateway.Calls;

/// <summary>The books (PostgreSQL) as a call needs them while it begins and runs. Every method may be repeated.</summary>
public interface IAdmissionBook
{
    /// <summary>
    /// In one round trip: gathers what decides the call and, where the account can pay, holds its money, so that no other call on any node
    /// can spend it. <see cref="AdmissionRules.Decide"/> judges the answer; whoever refuses after that releases the hold.
    /// </summary>
    Task<AdmissionFacts> AdmitAsync(AdmissionRequest request, CancellationToken cancellation);

    /// <summary>Raises a call's hold to <paramref name="upTo"/> (<see cref="Balances.Credit.CostOf"/> of the time to cover), never lowers it.</summary>
    Task<HoldResult> ExtendAsync(CallId call, decimal upTo, CancellationToken cancellation);

    /// <summary>Gives back what is held for a call that will not be completed with a charge. Completing a call releases its hold too.</summary>
    Task ReleaseAsync(CallId call, CancellationToken cancellation);
}
