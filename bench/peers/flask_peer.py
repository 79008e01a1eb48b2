"""A plain Flask + gunicorn + PyMySQL service with one connection per thread. Needs `pip install flask gunicorn pymysql`."""

import os
import threading
from urllib.parse import unquote, urlsplit

import pymysql
from flask import Flask, abort, jsonify, request

url = urlsplit(os.environ["DATABASE_URL"])
app = Flask(__name__)
local = threading.local()


def cursor():
    if not hasattr(local, "connection"):
        local.connection = pymysql.connect(
            host=url.hostname,
            port=url.port,
            user=unquote(url.username),
            password=unquote(url.password or ""),
            database=url.path[1:],
            autocommit=True,
            cursorclass=pymysql.cursors.DictCursor,
        )
    return local.connection.cursor()


@app.get("/cars/<int:id>")
def read(id):
    with cursor() as c:
        c.execute("SELECT id, brand, model, year FROM cars WHERE id = %s", (id,))
        return jsonify(c.fetchone() or abort(404))


@app.get("/cars")
def read_list():
    conditions, values = [], []
    for name in ("brand", "year"):
        if name in request.args:
            conditions.append(f"{name} = %s")
            values.append(request.args[name])
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    with cursor() as c:
        c.execute(
            f"SELECT id, brand, model, year FROM cars {where} ORDER BY id LIMIT %s",
            (*values, int(request.args.get("limit", 100))),
        )
        return jsonify(c.fetchall())


@app.post("/cars")
def create():
    car = request.get_json()
    with cursor() as c:
        c.execute(
            "INSERT INTO cars (brand, model, year) VALUES (%s, %s, %s)",
            (car["brand"], car["model"], car["year"]),
        )
        return jsonify({"id": c.lastrowid, **car}), 201


@app.put("/cars/<int:id>")
def replace(id):
    car = request.get_json()
    with cursor() as c:
        found = c.execute(
            "UPDATE cars SET brand = %s, model = %s, year = %s WHERE id = %s",
            (car["brand"], car["model"], car["year"], id),
        )
        return jsonify({"id": id, **car}) if found else abort(404)


@app.delete("/cars/<int:id>")
def delete(id):
    with cursor() as c:
        return ("", 204) if c.execute("DELETE FROM cars WHERE id = %s", (id,)) else abort(404)
