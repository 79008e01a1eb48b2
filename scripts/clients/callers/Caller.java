// Calls every operation with a client of openapi-generator.

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.ApiResponse;
import org.openapitools.client.api.CarsApi;
import org.openapitools.client.api.HealthApi;
import org.openapitools.client.model.Car;
import org.openapitools.client.model.CarChange;
import org.openapitools.client.model.CarInput;
import org.openapitools.client.model.CarPatch;
import org.openapitools.client.model.CarReplacement;
import org.openapitools.client.model.Problem;

public class Caller {
  interface Call {
    void run() throws ApiException;
  }

  public static void main(String[] args) throws Exception {
    ApiClient client = newClient("application/json");
    HealthApi health = new HealthApi(client);
    CarsApi cars = new CarsApi(client);
    expect("ok", health.getHealth().getStatus().getValue());
    expect("ready", health.getReadiness().getStatus().getValue());
    expect("Tabla cars creada", cars.createTable());

    String brand = "java " + System.nanoTime();
    CarInput golf = new CarInput().brand(brand).model("Golf").year(2018);
    CarInput newer = new CarInput().brand(brand).model("Golf").year(2019);
    Car car = cars.createCar(golf, brand);
    expect(car, cars.createCar(golf, brand));
    expectProblem(422, client, () -> cars.createCar(newer, brand));
    CarsApi asText = new CarsApi(newClient("text/plain"));
    expectProblem(415, client, () -> asText.createCar(golf, null));
    Car polo = cars.createCar(new CarInput().brand(brand).model("Polo").year(2020), null);

    Long id = car.getId();
    ApiResponse<Car> read = cars.getCarWithHttpInfo(id, null, null);
    expect(car, read.getData());
    String tag = read.getHeaders().get("etag").get(0);
    expectStatus(304, () -> cars.getCar(id, null, tag));
    expectProblem(404, client, () -> cars.getCar((1L << 53) - 1, null, null));

    ApiResponse<List<Car>> first = cars.listCarsWithHttpInfo(List.of(brand), null, null, null, null, null, null, 1, null, "exact", null);
    expect(List.of(car), first.getData());
    expect("2", first.getHeaders().get("x-total-count").get(0));
    var link = Pattern.compile("cursor=([^&>]+)[^>]*>; rel=\"next\"").matcher(first.getHeaders().get("link").get(0));
    expect(true, link.find());
    String cursor = new URI("?" + link.group(1)).getQuery();
    expect(List.of(polo), cars.listCars(List.of(brand), null, null, null, null, null, null, 1, cursor, null, null));

    expect(2, cars.countCars("year", List.of(brand), null, null, null, null, null, null, null).size());
    expect("cars-api", cars.getIndex(null).getService().getValue());
    expect(true, cars.getMe().getScopes().stream().anyMatch(scope -> scope.getValue().equals("cars:write")));

    expect(2, cars.createCars(List.of(golf, golf), null, null, null, brand).getCreated());
    // The generated methods of exports parse every body as JSON, so these are read with Java's own client.
    String filter = "?brand=" + URLEncoder.encode(brand, StandardCharsets.UTF_8);
    expect(5, download("/cars.csv" + filter).strip().split("\r\n").length);
    expect(2, download("/cars.ndjson" + filter + "&afterId=" + polo.getId()).strip().split("\n").length);

    CarReplacement replacement = new CarReplacement().id(id).brand(brand).model("Golf").year(2019);
    expect(2019, cars.replaceCar(id, replacement, tag, null).getYear());
    expectProblem(412, client, () -> cars.replaceCar(id, replacement, tag, null));
    expect(2020, cars.patchCar(id, new CarPatch().year(2020), null, null).getYear());

    List<CarChange> history = cars.getCarHistory(id, null, null, null);
    expect(List.of(2020, 2019, 2018), history.stream().map((entry) -> entry.getAfter().getYear()).toList());
    expect("created", history.get(2).getChange().getValue());
    expect(null, history.get(2).getBefore());
    cars.deleteCar(id, null, null);
    expect("deleted", cars.getCarHistory(id, null, null, null).get(0).getChange().getValue());
  }

  static ApiClient newClient(String contentType) {
    ApiClient client = new ApiClient();
    client.updateBaseUri(System.getenv("BASE_URL"));
    String key = System.getenv("API_KEY");
    client.setRequestInterceptor((request) -> {
      if (!key.isEmpty()) request.setHeader("X-API-Key", key);
      if (!contentType.equals("application/json")) request.setHeader("Content-Type", contentType);
    });
    return client;
  }

  static String download(String path) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(System.getenv("BASE_URL") + path));
    String key = System.getenv("API_KEY");
    if (!key.isEmpty()) request.header("X-API-Key", key);
    return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString()).body();
  }

  static ApiException expectStatus(int status, Call call) {
    try {
      call.run();
    } catch (ApiException error) {
      expect(status, error.getCode());
      return error;
    }
    throw new AssertionError("no " + status);
  }

  static void expectProblem(int status, ApiClient client, Call call) throws Exception {
    String body = expectStatus(status, call).getResponseBody();
    expect(status, client.getObjectMapper().readValue(body, Problem.class).getStatus());
  }

  static void expect(Object expected, Object actual) {
    if (!Objects.equals(expected, actual)) throw new AssertionError("expected " + expected + ", got " + actual);
  }
}
