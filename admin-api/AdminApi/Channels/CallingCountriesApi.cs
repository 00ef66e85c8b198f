using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Calls.Channels;
using Gateway.Storage.Channels;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Channels;

/// <summary>The availability of calling by country of the business number and direction.</summary>
public static class CallingCountriesApi
{
    private static readonly ProblemKind Exists = new(409, "country_exists", "There is already a rule for this country");

    public static void MapCallingCountries(this IEndpointRouteBuilder api)
    {
        var countries = api.MapGroup("/calling-countries").WithTags("channels");
        countries.MapGet("/", ListAsync).WithName("listCallingCountries").Requires(Scope.Read)
            .WithSummary("The countries with a rule; numbers of all others may call and be called");
        countries.MapPost("/", AddAsync).WithName("addCallingCountry").Requires(Scope.Admin).Problems(Exists)
            .WithSummary("Adds a rule for the numbers of a country");
        countries.MapPut("/{country}", SetAsync).WithName("setCallingCountry").Requires(Scope.Admin).WithIfMatch()
            .Problems(Problems.NotFound)
            .WithSummary("Changes the rule of a country");
        countries.MapDelete("/{country}", RemoveAsync).WithName("removeCallingCountry").Requires(Scope.Admin).WithIfMatch()
            .Problems(Problems.NotFound)
            .WithSummary("Deletes the rule of a country");
    }

    public static bool IsCountry(string code) => code is { Length: 2 } && code.All(char.IsAsciiLetterUpper);

    private static async Task<Ok<CountryList>> ListAsync(CallingCountryStore store, CancellationToken cancellation) =>
        TypedResults.Ok(new CountryList([.. (await store.ListAsync(cancellation)).Select(CountryView.Of)]));

    private static async Task<Results<Created<CountryView>, ProblemResult>> AddAsync(
        NewCountry request, CallingCountryStore store, Caller caller, CancellationToken cancellation)
    {
        var check = new Check();
        check.That(IsCountry(request.Country), "country", "Must be an ISO 3166-1 alpha-2 code, such as BR.");
        if (check.Failed(out var problem))
            return problem;
        return await store.SetAsync(
            new CallingCountry(request.Country, request.Inbound, request.Outbound), version: 0, caller.Actor, cancellation) is { } added
            ? TypedResults.Created($"/v1/calling-countries/{added.Country}", CountryView.Of(added))
            : Exists.Of("Change it instead.");
    }

    private static async Task<Results<Ok<CountryView>, ProblemResult>> SetAsync(
        [Description("ISO 3166-1 alpha-2.")] string country, CountryRequest request, IfMatch match, CallingCountryStore store,
        Caller caller, CancellationToken cancellation)
    {
        if (match.Version == 0 || (await store.ListAsync(cancellation)).All(known => known.Country != country))
            return NoRule();
        return await store.SetAsync(
            new CallingCountry(country, request.Inbound, request.Outbound), match.Version, caller.Actor, cancellation) is { } set
            ? TypedResults.Ok(CountryView.Of(set))
            : match.Stale();
    }

    private static async Task<Results<NoContent, ProblemResult>> RemoveAsync(
        [Description("ISO 3166-1 alpha-2.")] string country, IfMatch match, CallingCountryStore store, Caller caller,
        CancellationToken cancellation) =>
        await store.RemoveAsync(country, match.Version, caller.Actor, cancellation) switch
        {
            true => TypedResults.NoContent(),
            false => match.Stale(),
            null => NoRule(),
        };

    private static ProblemResult NoRule() =>
        Problems.NotFound.Of("There is no rule for this country, so its numbers may call and be called.");

    /// <param name="Country">ISO 3166-1 alpha-2, of the business number.</param>
    /// <param name="Inbound">Users may call numbers of this country.</param>
    /// <param name="Outbound">Numbers of this country may call users.</param>
    public sealed record NewCountry(string Country, bool Inbound, bool Outbound);

    /// <param name="Inbound">Users may call numbers of this country.</param>
    /// <param name="Outbound">Numbers of this country may call users.</param>
    public sealed record CountryRequest(bool Inbound, bool Outbound);

    /// <param name="Items">All of them; there is no further page.</param>
    public sealed record CountryList(IReadOnlyList<CountryView> Items);

    /// <param name="Country">ISO 3166-1 alpha-2, of the business number.</param>
    /// <param name="Version">The value for If-Match, in quotes.</param>
    public sealed record CountryView(string Country, bool Inbound, bool Outbound, long Version) : IVersioned
    {
        public static CountryView Of(CallingCountry country) => new(country.Country, country.Inbound, country.Outbound, country.Version);
    }
}
