using Gateway.Storage.Rating;

namespace AdminApi.Rating;

/// <summary>Registers and maps the endpoints of prices.</summary>
public static class RatingSetup
{
    public static void AddRating(this IServiceCollection services)
    {
        services.AddSingleton<RateCardStore>();
        services.AddSingleton<RateStore>();
        services.AddSingleton<RateImport>();
        services.AddSingleton<PriceQuotes>();
        services.AddSingleton<ReratingStore>();
    }

    public static void MapRating(this IEndpointRouteBuilder api)
    {
        api.MapRateCards();
        api.MapRates();
        api.MapRateFiles();
        api.MapPrices();
        api.MapRerating();
    }
}
