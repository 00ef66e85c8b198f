using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Storage;
using Gateway.Storage.Directory;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Agents;

/// <summary>The passwords by which agents' phones register with the gateway itself. They are written, and never read.</summary>
public static class PhoneSecretsApi
{
    private const int MaxRealm = 255;

    public static void MapPhoneSecrets(this IEndpointRouteBuilder api) =>
        api.MapPut("/agents/{id}/phones/{user}/secret", SetAsync).WithTags("agents").WithName("setPhoneSecret").Requires(Scope.Admin)
            .Problems(Problems.NotFound)
            .WithSummary("Sets the password of an agent's registered phone")
            .WithDescription("Only hashes of it are kept. A gateway may take the one before for half a minute more.");

    /// <param name="Realm">The gateways' `sip.registrar.realm`: the password is for it alone.</param>
    /// <param name="Password">8 to 128 characters.</param>
    public sealed record PhoneSecretRequest(string Realm, string Password);

    private static async Task<Results<NoContent, ProblemResult>> SetAsync(
        [Description("The agent's id.")] string id, [Description("The user part of the phone's address.")] string user,
        PhoneSecretRequest request, AgentStore store, Caller caller, CancellationToken cancellation)
    {
        var check = new Check();
        check.That(
            request.Realm.Length <= MaxRealm && Uri.CheckHostName(request.Realm) != UriHostNameType.Unknown, "realm",
            "Must be the domain that the gateways' configuration names as sip.registrar.realm.");
        check.That(
            request.Password.Length is >= PhoneSecret.MinPassword and <= PhoneSecret.MaxPassword && !request.Password.Any(char.IsControl),
            "password", $"Must be {PhoneSecret.MinPassword} to {PhoneSecret.MaxPassword} characters, without control characters.");
        if (check.Failed(out var problem))
            return problem;
        var outcome = await store.SetPhoneSecretAsync(
            new AgentId(id), user, request.Realm, request.Password, caller.Actor, cancellation);
        return outcome.Value is null ? outcome.Problem() : TypedResults.NoContent();
    }
}
